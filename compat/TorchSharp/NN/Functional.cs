namespace TorchSharp
{
    public enum PaddingModes
    {
        Zeros = 0,
        Reflect = 1,
        Replicate = 2,
        Circular = 3,
        Constant = 4,
    }

    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Layers and losses as functions.</summary>
            public static partial class functional
            {
                private static Tensor New(nint handle) => new(Native.Check(handle));

                public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => New(Native.n_linear(input.Handle, weights.Handle, bias?.Handle ?? 0));

                public static unsafe Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05)
                {
                    fixed (long* p = normalized_shape)
                        return New(Native.n_layer_norm(input.Handle, p, normalized_shape.Length, weight?.Handle ?? 0, bias?.Handle ?? 0, eps));
                }

                /// <summary>The result in place of the input where that is asked for.</summary>
                private static Tensor Put(Tensor x, Tensor result, bool inplace)
                {
                    if (!inplace)
                        return result;
                    using (result)
                        return x.copy_(result);
                }

                public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) => Put(input, New(Native.n_dropout(input.Handle, p, training ? 1 : 0)), inplace);
                public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_() : x.relu();
                public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) => Put(input, New(Native.n_leaky_relu(input.Handle, negative_slope)), inplace);
                public static Tensor silu(Tensor x, bool inplace = false) => Put(x, x.silu(), inplace);
                public static Tensor gelu(Tensor x) => x.gelu();
                public static Tensor gelu(Tensor x, bool inplace) => Put(x, x.gelu(), inplace);
                public static Tensor sigmoid(Tensor x) => x.sigmoid();
                public static Tensor sigmoid(Tensor x, bool inplace) => inplace ? x.sigmoid_() : x.sigmoid();
                public static Tensor tanh(Tensor x, bool inplace = false) => inplace ? x.tanh_() : x.tanh();
                public static Tensor logsigmoid(Tensor x) => New(Native.t_unary(UnaryOp.LogSigmoid, x.Handle));
                public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => New(Native.n_softplus(x.Handle, beta, threshold));
                public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);
                public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);

                public static unsafe Tensor one_hot(Tensor x, long num_classes = -1) => New(Native.t_shaped(ShapeOp.OneHot, x.Handle, &num_classes, 1));

                /// <exception cref="NotSupportedException">The mode is another than Constant.</exception>
                public static unsafe Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant, double value = 0)
                {
                    if (mode != PaddingModes.Constant)
                        throw new NotSupportedException($"pad knows Constant in this build of TorchSharp, not {mode}.");
                    fixed (long* p = pad)
                        return New(Native.t_pad(input.Handle, p, pad.Length, value));
                }

                public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0) => functional.pad(input, pad.AsSpan(), mode, value);
                public static Tensor pad(Tensor input, (long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) => functional.pad(input, [pad.Item1, pad.Item2], mode, value);

                public static Tensor cross_entropy(Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean, double label_smoothing = 0) =>
                    New(Native.n_cross_entropy(input.Handle, target.Handle, weight?.Handle ?? 0, (long)reduction, ignore_index, label_smoothing));

                public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
                    New(Native.n_nll_loss(input.Handle, target.Handle, weight?.Handle ?? 0, (long)reduction, -100));

                public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) => New(Native.n_mse_loss(input.Handle, target.Handle, (long)reduction));

                public static Tensor binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean, Tensor? pos_weights = null) =>
                    New(Native.n_bce_logits(input.Handle, target.Handle, weight?.Handle ?? 0, pos_weights?.Handle ?? 0, (long)reduction));

                public static Tensor normalize(Tensor input, double p = 2, long dim = 1, double eps = 1e-12)
                {
                    using var scope = NewDisposeScope();
                    return (input / input.norm((int)dim, true, (float)p).clamp_min(eps).expand_as(input)).MoveToOuterDisposeScope();
                }

                public static Tensor cosine_similarity(Tensor x1, Tensor x2, long dim = 1, double eps = 1e-8) => New(Native.n_cosine_similarity(x1.Handle, x2.Handle, dim, eps));

                public static Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0, bool is_casual = false) =>
                    New(Native.n_sdpa(query.Handle, key.Handle, value.Handle, attn_mask?.Handle ?? 0, p, is_casual ? 1 : 0));
            }
        }
    }
}
