using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            /// <summary>Scales the gradients so that their norm together is at most max_norm. Returns the norm before; parameters without a gradient count nothing.</summary>
            public static unsafe double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2.0)
            {
                using var scope = NewDisposeScope();
                var grads = tensors.Select(t => t.grad).OfType<Tensor>().Select(g => g.Handle).ToArray();
                double norm;
                fixed (nint* p = grads)
                    Native.Check(Native.n_clip_norm(p, grads.Length, max_norm, norm_type, &norm));
                return norm;
            }

            /// <summary>Holds every value of every gradient between ∓clip_value.</summary>
            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                using var off = no_grad();
                using var scope = NewDisposeScope();
                foreach (var parameter in tensors)
                    parameter.grad?.clamp_(-clip_value, clip_value);
            }

            /// <summary>All values in a row; gradients flow through it.</summary>
            public static Tensor parameters_to_vector(IEnumerable<Parameter> tensors)
            {
                using var scope = NewDisposeScope();
                return cat(tensors.Select(t => t.view(-1)).ToArray()).MoveToOuterDisposeScope();
            }

            /// <summary>Gives every parameter its part of the row.</summary>
            /// <exception cref="ArgumentException">The row is not as long as the parameters together.</exception>
            public static void vector_to_parameters(Tensor vec, IEnumerable<Parameter> tensors)
            {
                using var off = no_grad();
                using var scope = NewDisposeScope();
                var all = tensors.ToList();
                var count = all.Sum(t => t.numel());
                if (count != vec.numel())
                    throw new ArgumentException($"The vector has {vec.numel()} values, the parameters {count}.", nameof(vec));
                foreach (var (parameter, part) in all.Zip(vec.split(all.Select(t => t.numel()).ToArray())))
                    parameter.copy_(part.view(parameter.shape));
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
