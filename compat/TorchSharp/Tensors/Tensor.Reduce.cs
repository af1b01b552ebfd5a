namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        private Tensor Reduce(ReduceOp op, ReadOnlySpan<long> dims, bool keepdim = false, ScalarType? type = null)
        {
            fixed (long* p = dims)
                return New(Native.t_reduce(op, Handle, p, dims.Length, keepdim ? 1 : 0, type is null ? -1 : (int)type));
        }

        public Tensor sum(ScalarType? type = null) => Reduce(ReduceOp.Sum, [], false, type);
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => Reduce(ReduceOp.Sum, [dim], keepdim, type);
        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) => Reduce(ReduceOp.Sum, dim, keepdim, type);
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => Reduce(ReduceOp.Sum, dim, keepdim, type);
        public Tensor mean() => Reduce(ReduceOp.Mean, []);
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => Reduce(ReduceOp.Mean, dimensions, keepdim, type);
        public Tensor amax(params long[] dims) => Reduce(ReduceOp.Amax, dims);
        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) => Reduce(ReduceOp.Amax, dims, keepdim);
        public Tensor amin(params long[] dims) => Reduce(ReduceOp.Amin, dims);
        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) => Reduce(ReduceOp.Amin, dims, keepdim);
        public Tensor logsumexp(long dim, bool keepdim = false) => Reduce(ReduceOp.LogSumExp, [dim], keepdim);
        public Tensor any() => Unary(UnaryOp.Any);
        public Tensor any(long dim, bool keepdim = false) => Reduce(ReduceOp.Any, [dim], keepdim);
        public Tensor all() => Unary(UnaryOp.All);
        public Tensor all(long dim, bool keepdim = false) => Reduce(ReduceOp.All, [dim], keepdim);
        public Tensor argmax() => Reduce(ReduceOp.Argmax, []);
        public Tensor argmax(long dim, bool keepdim = false) => Reduce(ReduceOp.Argmax, [dim], keepdim);
        public Tensor argmin() => Reduce(ReduceOp.Argmin, []);
        public Tensor argmin(long dim, bool keepdim = false) => Reduce(ReduceOp.Argmin, [dim], keepdim);
        public Tensor softmax(long dim, ScalarType? dtype = null) => Reduce(ReduceOp.Softmax, [dim], false, dtype);
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Reduce(ReduceOp.LogSoftmax, [dim], false, dtype);
        public Tensor cumsum(long dim, ScalarType? type = null) => Reduce(ReduceOp.Cumsum, [dim], false, type);
        public Tensor cumprod(long dim, ScalarType? type = null) => Reduce(ReduceOp.Cumprod, [dim], false, type);
        public Tensor prod(ScalarType? type = null)
        {
            if (type is null)
                return Unary(UnaryOp.Prod);
            using var other = to(type.Value);
            return other.prod();
        }

        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) => Reduce(ReduceOp.Prod, [dim], keepdim, type);
        public Tensor count_nonzero(long[]? dims = null) => Reduce(ReduceOp.CountNonzero, dims ?? []);
        public Tensor max() => Unary(UnaryOp.Max);
        public Tensor min() => Unary(UnaryOp.Min);
        public Tensor median() => Unary(UnaryOp.Median);

        private (Tensor, Tensor) Pair(int op, long k, long dim, bool flag, bool flag2)
        {
            var result = stackalloc nint[2];
            Native.Check(Native.t_pair(op, Handle, k, dim, flag ? 1 : 0, flag2 ? 1 : 0, result));
            return (new Tensor(result[0]), new Tensor(result[1]));
        }

        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Pair(0, 0, dim, keepdim, false);
        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => Pair(1, 0, dim, keepdim, false);
        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) => Pair(2, 0, dim, descending, stable);
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) => Pair(3, k, dim, largest, sorted);
        public Tensor argsort(long dim = -1, bool descending = false) => New(Native.t_argsort(Handle, dim, descending ? 1 : 0));

        private Tensor Spread(bool std, ReadOnlySpan<long> dims, bool unbiased, bool keepdim)
        {
            fixed (long* p = dims)
                return New(Native.t_spread(std ? 1 : 0, Handle, p, dims.Length, unbiased ? 1 : 0, keepdim ? 1 : 0));
        }

        public Tensor std(bool unbiased = true) => Spread(true, [], unbiased, false);
        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Spread(true, [dim], unbiased, keepdim);
        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Spread(true, dimensions, unbiased, keepdim);
        public Tensor var(bool unbiased = true) => Spread(false, [], unbiased, false);
        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Spread(false, [dim], unbiased, keepdim);
        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Spread(false, dimensions, unbiased, keepdim);

        private Tensor Norm(double p, ReadOnlySpan<long> dims, bool keepdim)
        {
            fixed (long* d = dims)
                return New(Native.t_norm(Handle, p, d, dims.Length, keepdim ? 1 : 0));
        }

        public Tensor norm(float p = 2) => Norm(p, [], false);
        public Tensor norm(int dim, bool keepdim = false, float p = 2) => Norm(p, [dim], keepdim);

        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) => New(Native.t_multinomial(Handle, num_samples, replacement ? 1 : 0, generator?.Handle ?? 0));
        public Tensor bernoulli(Generator? generator = null) => New(Native.t_bernoulli(Handle, generator?.Handle ?? 0));
        public Tensor bincount(Tensor? weights, long minlength = 0) => New(Native.t_bincount(Handle, weights?.Handle ?? 0, minlength));
        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null) => InPlace(Native.t_fill_random(0, Handle, mean, std, generator?.Handle ?? 0));
        public Tensor uniform_(double from, double to, Generator? generator = null) => InPlace(Native.t_fill_random(1, Handle, from, to, generator?.Handle ?? 0));
        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) => InPlace(Native.t_fill_random(2, Handle, p, 0, generator?.Handle ?? 0));

        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(bool sorted = true, bool return_inverse = false, bool return_counts = false, int? dim = null)
        {
            if (dim is not null)
                throw new ArgumentException("unique by a dimension is not in this stand-in.", nameof(dim));
            var result = stackalloc nint[3];
            Native.Check(Native.t_unique(Handle, sorted ? 1 : 0, return_inverse ? 1 : 0, return_counts ? 1 : 0, result));
            return (new Tensor(result[0]), return_inverse ? new Tensor(result[1]) : null, return_counts ? new Tensor(result[2]) : null);
        }
    }

    public static Tensor sum(Tensor input, ScalarType? type = null) => input.sum(type);
    public static Tensor sum(Tensor input, long dim, bool keepdim = false, ScalarType? type = null) => input.sum(dim, keepdim, type);
    public static Tensor mean(Tensor input) => input.mean();
    public static Tensor mean(Tensor input, long[] dimensions, bool keepdim = false, ScalarType? type = null) => input.mean(dimensions, keepdim, type);
    public static Tensor softmax(Tensor input, int dim, ScalarType? dtype = null) => input.softmax(dim, dtype);
    public static Tensor logsumexp(Tensor input, long dim, bool keepdim = false) => input.logsumexp(dim, keepdim);
    public static Tensor cumsum(Tensor input, long dim, ScalarType? type = null) => input.cumsum(dim, type);
    public static Tensor argmax(Tensor input) => input.argmax();
    public static Tensor argmax(Tensor input, long dim, bool keepdim = false) => input.argmax(dim, keepdim);
    public static Tensor max(Tensor input) => input.max();
    public static Tensor min(Tensor input) => input.min();
    public static (Tensor values, Tensor indexes) max(Tensor input, long dim, bool keepdim = false) => input.max(dim, keepdim);
    public static (Tensor values, Tensor indexes) min(Tensor input, long dim, bool keepdim = false) => input.min(dim, keepdim);
    public static Tensor amax(Tensor input, long[] dims, bool keepdim = false, Tensor? @out = null) => input.amax(dims, keepdim);
    public static (Tensor values, Tensor indices) sort(Tensor input, long dim = -1, bool descending = false, bool stable = false) => input.sort(dim, descending, stable);
    public static (Tensor values, Tensor indices) topk(Tensor tensor, int k, int dim = -1, bool largest = true, bool sorted = true) => tensor.topk(k, dim, largest, sorted);
    public static Tensor argsort(Tensor input, long dim = -1, bool descending = false) => input.argsort(dim, descending);
    public static Tensor std(Tensor input, bool unbiased = true) => input.std(unbiased);
    public static Tensor var(Tensor input, bool unbiased = true) => input.var(unbiased);
    public static Tensor all(Tensor input) => input.all();
    public static Tensor any(Tensor input) => input.any();
    public static Tensor multinomial(Tensor input, long num_samples, bool replacement = false, Generator? generator = null) => input.multinomial(num_samples, replacement, generator);
    public static Tensor bernoulli(Tensor input, Generator? generator = null) => input.bernoulli(generator);
    public static Tensor searchsorted(Tensor sorted_sequence, Tensor values, bool out_int32 = false, bool right = false, Tensor? sorter = null) =>
        sorter is null ? new(Native.Check(Native.t_searchsorted(sorted_sequence.Handle, values.Handle, out_int32 ? 1 : 0, right ? 1 : 0))) : throw new ArgumentException("A sorter is not in this stand-in.", nameof(sorter));
}
