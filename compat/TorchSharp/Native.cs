using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>A number as the native side takes it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ScalarData(long whole, double number, int kind)
{
    public readonly long Whole = whole;
    public readonly double Number = number;
    public readonly int Kind = kind;
}

/// <summary>The C functions of the shim (native/*.cpp). A null handle or −1 means failure; <see cref="Check(nint)"/> turns it into an exception.</summary>
internal static unsafe partial class Native
{
    private const string Library = "torchshim";

    [LibraryImport(Library)] private static partial nint shim_error();
    [LibraryImport(Library)] internal static partial void shim_start(int threads);
    [LibraryImport(Library)] internal static partial int shim_get_threads();
    [LibraryImport(Library)] internal static partial long shim_set_threads(int threads);
    [LibraryImport(Library)] internal static partial int shim_has_cuda();
    [LibraryImport(Library)] internal static partial int shim_cuda_count();
    [LibraryImport(Library)] internal static partial nint shim_version();
    [LibraryImport(Library)] internal static partial long shim_manual_seed(ulong seed);

    [LibraryImport(Library)] internal static partial void t_free(nint t);
    [LibraryImport(Library)] internal static partial void t_free_unused(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial long t_ndim(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial long t_numel(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial void t_shape(nint t, long* result);
    [LibraryImport(Library), SuppressGCTransition] internal static partial void t_strides(nint t, long* result);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int t_dtype(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int t_device_type(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int t_device_index(nint t);
    [LibraryImport(Library)] internal static partial long t_element_size(nint t);
    [LibraryImport(Library)] internal static partial int t_is_contiguous(nint t);
    [LibraryImport(Library)] internal static partial long t_storage_offset(nint t);
    [LibraryImport(Library)] internal static partial long t_data(nint t, void** result);
    [LibraryImport(Library)] internal static partial long t_item_double(nint t, double* result);
    [LibraryImport(Library)] internal static partial long t_item_long(nint t, long* result);
    [LibraryImport(Library)] internal static partial nint t_alias(nint t);

    [LibraryImport(Library)] internal static partial nint t_empty(long* dims, long n, int type, int dt, int di);
    [LibraryImport(Library)] internal static partial nint t_full(long* dims, long n, ScalarData v, int type, int dt, int di);
    [LibraryImport(Library)] internal static partial nint t_arange(ScalarData a, ScalarData b, ScalarData step, int type, int dt, int di);
    [LibraryImport(Library)] internal static partial nint t_linspace(double a, double b, long steps, int type, int dt, int di);
    [LibraryImport(Library)] internal static partial nint t_eye(long n, long m, int type, int dt, int di);
    [LibraryImport(Library)] internal static partial nint t_rand(long* dims, long n, int type, int dt, int di, nint g);
    [LibraryImport(Library)] internal static partial nint t_randn(long* dims, long n, int type, int dt, int di, nint g);
    [LibraryImport(Library)] internal static partial nint t_randint(long low, long high, long* dims, long n, int type, int dt, int di, nint g);
    [LibraryImport(Library)] internal static partial nint t_randperm(long count, int type, int dt, int di, nint g);
    [LibraryImport(Library)] internal static partial nint t_from_data(void* data, long* dims, long n, int type, int dt, int di);
    [LibraryImport(Library)] internal static partial nint t_from_blob(void* data, long* dims, long n, int type, delegate* unmanaged[Cdecl]<nint, void> release, nint state);
    [LibraryImport(Library)] internal static partial nint t_like(int kind, nint t, ScalarData v, int type);
    [LibraryImport(Library)] internal static partial nint t_to(nint t, int type, int dt, int di, int copy);

    [LibraryImport(Library)] internal static partial nint t_unary(UnaryOp op, nint t);
    [LibraryImport(Library)] internal static partial long t_unary_(UnaryOp op, nint t);
    [LibraryImport(Library)] internal static partial nint t_binary(BinaryOp op, nint a, nint b);
    [LibraryImport(Library)] internal static partial long t_binary_(BinaryOp op, nint a, nint b);
    [LibraryImport(Library)] internal static partial nint t_scalar(BinaryOp op, nint a, ScalarData v);
    [LibraryImport(Library)] internal static partial long t_scalar_(BinaryOp op, nint a, ScalarData v);
    [LibraryImport(Library)] internal static partial nint t_add_alpha(nint a, nint b, ScalarData alpha, int inPlace);
    [LibraryImport(Library)] internal static partial nint t_addcmul(nint a, nint b, nint c, ScalarData v, int inPlace);
    [LibraryImport(Library)] internal static partial nint t_addcdiv(nint a, nint b, nint c, ScalarData v, int inPlace);
    [LibraryImport(Library)] internal static partial nint t_lerp(nint a, nint b, nint weight, int inPlace);
    [LibraryImport(Library)] internal static partial nint t_clamp(nint a, ScalarData low, ScalarData high, int inPlace);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial nint t_div_round(nint a, nint b, string mode, int inPlace);
    [LibraryImport(Library)] internal static partial nint t_where(nint c, nint a, nint b);
    [LibraryImport(Library)] internal static partial nint t_masked_fill(nint a, nint mask, ScalarData v, int inPlace);
    [LibraryImport(Library)] internal static partial nint t_addmm(nint c, nint a, nint b, double beta, double alpha);
    [LibraryImport(Library)] internal static partial nint t_baddbmm(nint c, nint a, nint b, double beta, double alpha);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial nint t_einsum(string equation, nint* ts, long n);
    [LibraryImport(Library)] internal static partial long t_equal(nint a, nint b);
    [LibraryImport(Library)] internal static partial long t_allclose(nint a, nint b, double rtol, double atol, int equalNan);

    [LibraryImport(Library)] internal static partial nint t_reduce(ReduceOp op, nint t, long* dims, long n, int keep, int type);
    [LibraryImport(Library)] internal static partial nint t_spread(int std, nint t, long* dims, long n, int unbiased, int keep);
    [LibraryImport(Library)] internal static partial nint t_norm(nint t, double p, long* dims, long n, int keep);
    [LibraryImport(Library)] internal static partial long t_pair(int op, nint t, long k, long dim, int flag, int flag2, nint* result);
    [LibraryImport(Library)] internal static partial nint t_argsort(nint t, long dim, int descending);
    [LibraryImport(Library)] internal static partial nint t_multinomial(nint t, long n, int replacement, nint g);
    [LibraryImport(Library)] internal static partial nint t_bernoulli(nint t, nint g);
    [LibraryImport(Library)] internal static partial nint t_bincount(nint t, nint weights, long least);
    [LibraryImport(Library)] internal static partial nint t_searchsorted(nint sorted, nint values, int out32, int right);

    [LibraryImport(Library)] internal static partial nint t_shaped(ShapeOp op, nint t, long* dims, long n);
    [LibraryImport(Library)] internal static partial nint t_repeat_interleave(nint t, nint repeats, long dim);
    [LibraryImport(Library)] internal static partial nint t_pad(nint t, long* pads, long n, double value);
    [LibraryImport(Library)] internal static partial nint t_index_select(nint t, long dim, nint index);
    [LibraryImport(Library)] internal static partial nint t_gather(nint t, long dim, nint index);
    [LibraryImport(Library)] internal static partial nint t_take_along(nint t, nint index, long dim);
    [LibraryImport(Library)] internal static partial nint t_take(nint t, nint index);
    [LibraryImport(Library)] internal static partial nint t_scatter(ScatterOp op, nint t, long dim, nint index, nint src, ScalarData v);
    [LibraryImport(Library)] internal static partial nint t_index(nint t, nint* index, long n);
    [LibraryImport(Library)] internal static partial nint t_index_put_(nint t, nint* index, long n, nint value, int accumulate);
    [LibraryImport(Library)] internal static partial nint t_cat(nint* ts, long n, long dim);
    [LibraryImport(Library)] internal static partial nint t_stack(nint* ts, long n, long dim);
    [LibraryImport(Library)] internal static partial long t_split(nint t, long* sizes, long n, long dim, nint* result);
    [LibraryImport(Library)] internal static partial long t_unique(nint t, int sorted, int inverse, int counts, nint* result);
    [LibraryImport(Library)] internal static partial nint t_fill_random(int kind, nint t, double a, double b, nint g);

    [LibraryImport(Library)] internal static partial nint rng_new(ulong seed, int dt, int di);
    [LibraryImport(Library)] internal static partial nint rng_default();
    [LibraryImport(Library)] internal static partial void rng_free(nint g);
    [LibraryImport(Library)] internal static partial void rng_seed(nint g, ulong seed);
    [LibraryImport(Library)] internal static partial ulong rng_initial_seed(nint g);
    [LibraryImport(Library)] internal static partial nint rng_get_state(nint g);
    [LibraryImport(Library)] internal static partial long rng_set_state(nint g, nint state);

    [LibraryImport(Library), SuppressGCTransition] internal static partial int grad_enabled();
    [LibraryImport(Library), SuppressGCTransition] internal static partial void grad_set_enabled(int on);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int t_requires_grad(nint t);
    [LibraryImport(Library)] internal static partial long t_set_requires_grad(nint t, int on);
    [LibraryImport(Library)] internal static partial int t_is_leaf(nint t);
    [LibraryImport(Library)] internal static partial long t_grad(nint t, nint* result);
    [LibraryImport(Library)] internal static partial long t_set_grad(nint t, nint grad);
    [LibraryImport(Library)] internal static partial long t_retain_grad(nint t);
    [LibraryImport(Library)] internal static partial long a_backward(nint* roots, long n, nint* grads, long gradCount, int retain, int create, nint* inputs, long inputCount);
    [LibraryImport(Library)] internal static partial long a_grad(nint* outputs, long n, nint* inputs, long m, nint* grads, long gradCount, int retain, int create, int allowUnused, nint* result);

    [LibraryImport(Library)] internal static partial nint n_linear(nint x, nint w, nint b);
    [LibraryImport(Library)] internal static partial nint n_embedding(nint w, nint ids, long padding);
    [LibraryImport(Library)] internal static partial nint n_layer_norm(nint x, long* shape, long n, nint w, nint b, double eps);
    [LibraryImport(Library)] internal static partial nint n_dropout(nint x, double p, int train);
    [LibraryImport(Library)] internal static partial nint n_gelu(nint x, int byTanh);
    [LibraryImport(Library)] internal static partial nint n_cross_entropy(nint x, nint target, nint w, long reduction, long ignore, double smoothing);
    [LibraryImport(Library)] internal static partial nint n_nll_loss(nint x, nint target, nint w, long reduction, long ignore);
    [LibraryImport(Library)] internal static partial nint n_mse_loss(nint x, nint y, long reduction);
    [LibraryImport(Library)] internal static partial nint n_bce_logits(nint x, nint y, nint w, nint pos, long reduction);
    [LibraryImport(Library)] internal static partial nint n_softplus(nint x, double beta, double threshold);
    [LibraryImport(Library)] internal static partial nint n_leaky_relu(nint x, double slope);
    [LibraryImport(Library)] internal static partial nint n_cosine_similarity(nint a, nint b, long dim, double eps);
    [LibraryImport(Library)] internal static partial nint n_pad_sequence(nint* ts, long n, int batchFirst, double value);
    [LibraryImport(Library)] internal static partial nint n_sdpa(nint q, nint k, nint v, nint mask, double p, int causal);
    [LibraryImport(Library)] internal static partial long n_adam_step(nint* parameters, nint* grads, nint* first, nint* second, long n, double lr, double beta1, double beta2, double eps, double decay, long step, int decoupled);
    [LibraryImport(Library)] internal static partial long n_clip_norm(nint* grads, long n, double limit, double normType, double* norm);

    /// <summary>The handle, or the native failure as an exception.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static nint Check(nint handle) => handle != 0 ? handle : throw Failure();

    /// <summary>The number, or the native failure as an exception.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long Check(long result) => result != -1 ? result : throw Failure();

    private static ExternalException Failure() => new(Marshal.PtrToStringUTF8(shim_error()));
}
