using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>A trained tensor.</summary>
    public class Parameter : Tensor
    {
        public Parameter(Tensor data, bool requires_grad = true)
            : base(Taken(data))
        {
            this.requires_grad = requires_grad;
        }

        private static nint Taken(Tensor data)
        {
            var plain = data.detach();
            return plain.DecoupleFromNativeHandle();
        }
    }

    /// <summary>y = x Wᵀ + b.</summary>
    public sealed class Linear : nn.Module<Tensor, Tensor>
    {
        internal Linear(long inputSize, long outputSize, bool hasBias, Device? device, ScalarType? dtype)
            : base(nameof(Linear))
        {
            using var off = no_grad();
            weight = new Parameter(empty(outputSize, inputSize, dtype, device));
            nn.init.kaiming_uniform_(weight, Math.Sqrt(5));
            register_parameter(nameof(weight), weight);
            if (!hasBias)
                return;
            var bound = 1 / Math.Sqrt(inputSize);
            bias = new Parameter(empty(outputSize, dtype, device));
            bias.uniform_(-bound, bound);
            register_parameter(nameof(bias), bias);
        }

        public Parameter? bias { get; set; }
        public Parameter weight { get; set; }

        public override Tensor forward(Tensor input) => nn.functional.linear(input, weight, bias);
    }

    /// <summary>Rows of a table.</summary>
    public sealed class Embedding : nn.Module<Tensor, Tensor>
    {
        private readonly long padding;

        internal Embedding(long count, long dims, long? padding, Device? device, ScalarType? dtype)
            : base(nameof(Embedding))
        {
            using var off = no_grad();
            this.padding = padding ?? -1;
            weight = new Parameter(randn(count, dims, dtype, device));
            register_parameter(nameof(weight), weight);
        }

        public Parameter weight { get; set; }

        public override Tensor forward(Tensor input) => new(Native.Check(Native.n_embedding(weight.Handle, input.Handle, padding)));
    }

    /// <summary>Normalises over the last dimensions.</summary>
    public sealed class LayerNorm : nn.Module<Tensor, Tensor>
    {
        private readonly long[] shape;
        private readonly double eps;

        internal LayerNorm(long[] shape, double eps, bool affine, bool hasBias, Device? device, ScalarType? dtype)
            : base(nameof(LayerNorm))
        {
            (this.shape, this.eps) = (shape, eps);
            if (!affine)
                return;
            weight = new Parameter(ones(shape, dtype, device));
            register_parameter(nameof(weight), weight);
            if (!hasBias)
                return;
            bias = new Parameter(zeros(shape, dtype, device));
            register_parameter(nameof(bias), bias);
        }

        public Parameter? bias { get; set; }
        public Parameter? weight { get; set; }

        public override Tensor forward(Tensor input) => nn.functional.layer_norm(input, shape, weight, bias, eps);
    }

    /// <summary>Zeroes a share p of the values while training, and scales the rest.</summary>
    public sealed class Dropout : nn.Module<Tensor, Tensor>
    {
        internal Dropout(double p)
            : base(nameof(Dropout)) => this.p = p;

        public double p { get; set; }

        public override Tensor forward(Tensor input) => nn.functional.dropout(input, p, training);
    }

    /// <summary>Modules in a row; their places are their names.</summary>
    public class ModuleList<T> : nn.Module, IReadOnlyList<T> where T : nn.Module
    {
        private readonly List<T> items = [];

        public ModuleList(params T[] modules)
            : base(nameof(ModuleList<T>))
        {
            foreach (var module in modules)
                Add(module);
        }

        public void Add(T module)
        {
            register_module(items.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), module);
            items.Add(module);
        }

        protected override void RegisterComponents()
        {
        }

        public T this[int index] => items[index];
        public int Count => items.Count;
        public IEnumerator<T> GetEnumerator() => items.GetEnumerator();
        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => items.GetEnumerator();
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public enum Reduction : long
            {
                None = 0,
                Mean = 1,
                Sum = 2,
            }

            public static Modules.Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) => new(inputSize, outputSize, hasBias, device, dtype);

            public static Modules.Embedding Embedding(long num_embeddings, long embedding_dims, long? padding_idx = null, double? max_norm = null, double norm_type = 2, bool scale_grad_by_freq = false, bool sparse = false, Device? device = null, ScalarType? dtype = null) =>
                max_norm is null && !scale_grad_by_freq && !sparse ? new(num_embeddings, embedding_dims, padding_idx, device, dtype) : throw new ArgumentException("max_norm, scale_grad_by_freq and sparse are not in this stand-in.");

            public static Modules.LayerNorm LayerNorm(long normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true, Device? device = null, ScalarType? dtype = null) => new([normalized_shape], eps, elementwise_affine, bias, device, dtype);

            public static Modules.Dropout Dropout(double p = 0.5, bool inplace = false) => new(p);

            public static Modules.ModuleList<T> ModuleList<T>(params T[] modules) where T : Module => new(modules);

            public static Modules.Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);

            public static partial class functional
            {
                private static Tensor New(nint handle) => new(Native.Check(handle));

                public static Tensor linear(Tensor input, Tensor weight, Tensor? bias = null) => New(Native.n_linear(input.Handle, weight.Handle, bias?.Handle ?? 0));

                public static unsafe Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05)
                {
                    fixed (long* p = normalized_shape)
                        return New(Native.n_layer_norm(input.Handle, p, normalized_shape.Length, weight?.Handle ?? 0, bias?.Handle ?? 0, eps));
                }

                public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) => New(Native.n_dropout(input.Handle, p, training ? 1 : 0));
                public static Tensor relu(Tensor x, bool inplace = false) => x.relu();
                public static Tensor silu(Tensor x, bool inplace = false) => x.silu();
                public static Tensor gelu(Tensor x, bool inplace = false) => x.gelu();
                public static Tensor sigmoid(Tensor x) => x.sigmoid();
                public static Tensor tanh(Tensor x, bool inplace = false) => x.tanh();
                public static Tensor logsigmoid(Tensor input) => New(Native.t_unary(UnaryOp.LogSigmoid, input.Handle));
                public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => New(Native.n_softplus(x.Handle, beta, threshold));
                public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);
                public static Tensor log_softmax(Tensor input, long dim, ScalarType? dtype = null) => input.log_softmax(dim, dtype);
                public static Tensor one_hot(Tensor x, long num_classes = -1)
                {
                    unsafe
                    {
                        return New(Native.t_shaped(ShapeOp.OneHot, x.Handle, &num_classes, 1));
                    }
                }

                public static unsafe Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0)
                {
                    if (mode != PaddingModes.Constant)
                        throw new ArgumentException("Only constant padding is in this stand-in.", nameof(mode));
                    fixed (long* p = pad)
                        return New(Native.t_pad(input.Handle, p, pad.Length, value));
                }

                public static Tensor cross_entropy(Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean, double label_smoothing = 0.0) =>
                    New(Native.n_cross_entropy(input.Handle, target.Handle, weight?.Handle ?? 0, (long)reduction, ignore_index, label_smoothing));

                public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean) =>
                    New(Native.n_nll_loss(input.Handle, target.Handle, weight?.Handle ?? 0, (long)reduction, ignore_index));

                public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) => New(Native.n_mse_loss(input.Handle, target.Handle, (long)reduction));

                public static Tensor binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean, Tensor? pos_weights = null) =>
                    New(Native.n_bce_logits(input.Handle, target.Handle, weight?.Handle ?? 0, pos_weights?.Handle ?? 0, (long)reduction));

                public static Tensor normalize(Tensor input, float p = 2, long dim = 1, float eps = 1e-12f)
                {
                    using var scope = NewDisposeScope();
                    return (input / input.norm((int)dim, true, p).clamp_min(eps).expand_as(input)).MoveToOuterDisposeScope();
                }

                public static Tensor cosine_similarity(Tensor x1, Tensor x2, long dim = 1, double eps = 1e-8) => New(Native.n_cosine_similarity(x1.Handle, x2.Handle, dim, eps));

                public static Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0, bool is_casual = false) =>
                    New(Native.n_sdpa(query.Handle, key.Handle, value.Handle, attn_mask?.Handle ?? 0, p, is_casual ? 1 : 0));
            }

            public static partial class init
            {
                public static Tensor zeros_(Tensor tensor) => Still(() => tensor.zero_());
                public static Tensor ones_(Tensor tensor) => Still(() => tensor.fill_(1));
                public static Tensor constant_(Tensor tensor, Scalar val) => Still(() => tensor.fill_(val));
                public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator? generator = null) => Still(() => tensor.normal_(mean, std, generator));
                public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator? generator = null) => Still(() => tensor.uniform_(low, high, generator));

                public static Tensor kaiming_uniform_(Tensor tensor, double a = 0, Generator? generator = null)
                {
                    var bound = Math.Sqrt(3) * Math.Sqrt(2 / (1 + (a * a))) / Math.Sqrt(tensor.size(1));
                    return uniform_(tensor, -bound, bound, generator);
                }

                public static Tensor xavier_uniform_(Tensor tensor, double gain = 1, Generator? generator = null)
                {
                    var bound = gain * Math.Sqrt(6.0 / (tensor.size(0) + tensor.size(1)));
                    return uniform_(tensor, -bound, bound, generator);
                }

                private static Tensor Still(Func<Tensor> fill)
                {
                    using var off = no_grad();
                    return fill();
                }
            }

            public static partial class utils
            {
                public static unsafe double clip_grad_norm_(IEnumerable<Modules.Parameter> tensors, double max_norm, double norm_type = 2.0)
                {
                    using var scope = NewDisposeScope();
                    var grads = tensors.Select(t => t.grad).Where(g => g is not null).Select(g => g!.Handle).ToArray();
                    double norm;
                    fixed (nint* p = grads)
                        Native.Check(Native.n_clip_norm(p, grads.Length, max_norm, norm_type, &norm));
                    return norm;
                }

                public static partial class rnn
                {
                    public static unsafe Tensor pad_sequence(IEnumerable<Tensor> sequences, bool batch_first = false, double padding_value = 0)
                    {
                        var handles = Handles(sequences);
                        fixed (nint* p = handles)
                            return new(Native.Check(Native.n_pad_sequence(p, handles.Length, batch_first ? 1 : 0, padding_value)));
                    }
                }
            }
        }

    }

    public enum PaddingModes
    {
        Zeros = 0,
        Reflect = 1,
        Replicate = 2,
        Circular = 3,
        Constant = 4,
    }
}
