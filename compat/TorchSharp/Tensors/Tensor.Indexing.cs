namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        public Tensor index_select(long dim, Tensor index) => New(Native.t_index_select(Handle, dim, index.Handle));
        public Tensor gather(long dim, Tensor index) => New(Native.t_gather(Handle, dim, index.Handle));
        public Tensor take(Tensor index) => New(Native.t_take(Handle, index.Handle));
        public Tensor take_along_dim(Tensor indices) => New(Native.t_take_along(Handle, indices.Handle, long.MinValue));
        public Tensor take_along_dim(Tensor indices, long dim) => New(Native.t_take_along(Handle, indices.Handle, dim));

        private Tensor Scatter(ScatterOp op, long dim, Tensor index, Tensor? src, Scalar? value = null)
        {
            var made = Native.t_scatter(op, Handle, dim, index.Handle, src?.Handle ?? 0, value?.Data ?? new(1, 0, 0));
            return op is ScatterOp.ScatterInPlace or ScatterOp.ScatterAddInPlace or ScatterOp.IndexAddInPlace or ScatterOp.IndexCopyInPlace or ScatterOp.IndexFillInPlace or ScatterOp.ScatterValueInPlace ? InPlace(made) : New(made);
        }

        public Tensor scatter(long dim, Tensor index, Tensor src) => Scatter(ScatterOp.Scatter, dim, index, src);
        public Tensor scatter_(long dim, Tensor index, Tensor src) => Scatter(ScatterOp.ScatterInPlace, dim, index, src);
        public Tensor scatter_add(long dim, Tensor index, Tensor src) => Scatter(ScatterOp.ScatterAdd, dim, index, src);
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => Scatter(ScatterOp.ScatterAddInPlace, dim, index, src);
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) => Scatter(ScatterOp.IndexAdd, dim, index, source, alpha);
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) => Scatter(ScatterOp.IndexAddInPlace, dim, index, source, alpha);
        public Tensor index_copy(long dim, Tensor index, Tensor source) => Scatter(ScatterOp.IndexCopy, dim, index, source);
        public Tensor index_copy_(long dim, Tensor index, Tensor source) => Scatter(ScatterOp.IndexCopyInPlace, dim, index, source);
        public Tensor index_fill(long dim, Tensor index, Scalar value) => Scatter(ScatterOp.IndexFill, dim, index, null, value);
        public Tensor index_fill_(long dim, Tensor index, Scalar value) => Scatter(ScatterOp.IndexFillInPlace, dim, index, null, value);

        /// <summary>Basic indices by views first; what is left are tensors, one a dimension (null: all of it).</summary>
        private (Tensor Base, Tensor?[] Advanced) Resolve(TensorIndex[] indices)
        {
            var current = alias();
            var advanced = new List<Tensor?>();
            var used = indices.Sum(i => i.What switch { TensorIndex.Kind.Tensor => i.Index!.dtype == ScalarType.Bool ? (int)i.Index.ndim : 1, TensorIndex.Kind.Single or TensorIndex.Kind.Slice => 1, _ => 0 });
            long dim = 0;
            foreach (var index in indices)
            {
                switch (index.What)
                {
                    case TensorIndex.Kind.Null:
                        current = current.unsqueeze(dim++);
                        advanced.Add(null);
                        break;
                    case TensorIndex.Kind.Bool:
                        current = current.unsqueeze(dim++);
                        advanced.Add(torch.tensor(new[] { index.Start == 1 }));
                        break;
                    case TensorIndex.Kind.Ellipsis:
                        for (var i = ndim - used; i > 0; i--)
                        {
                            dim++;
                            advanced.Add(null);
                        }
                        break;
                    case TensorIndex.Kind.Single:
                        current = current.select(dim, index.Start!.Value);
                        break;
                    case TensorIndex.Kind.Slice:
                        current = current.slice(dim++, index.Start ?? 0, index.Stop ?? long.MaxValue, index.Step ?? 1);
                        advanced.Add(null);
                        break;
                    default:
                        advanced.Add(index.Index);
                        dim += index.Index!.dtype == ScalarType.Bool ? index.Index.ndim : 1;
                        break;
                }
            }
            return (current, [.. advanced]);
        }

        private Tensor Get(params TensorIndex[] indices)
        {
            using var scope = NewDisposeScope();
            var (current, advanced) = Resolve(indices);
            if (advanced.Any(a => a is not null))
            {
                var handles = advanced.Select(a => a?.Handle ?? 0).ToArray();
                fixed (nint* p = handles)
                    current = New(Native.t_index(current.Handle, p, handles.Length));
            }
            return current.MoveToOuterDisposeScope();
        }

        private void Put(Tensor value, bool accumulate, params TensorIndex[] indices)
        {
            using var scope = NewDisposeScope();
            var (current, advanced) = Resolve(indices);
            if (advanced.All(a => a is null))
            {
                if (accumulate)
                    current.add_(value);
                else
                    current.copy_(value);
                return;
            }
            var handles = advanced.Select(a => a?.Handle ?? 0).ToArray();
            fixed (nint* p = handles)
                Native.t_free(Native.Check(Native.t_index_put_(current.Handle, p, handles.Length, value.Handle, accumulate ? 1 : 0)));
        }

        private static TensorIndex[] Whole(params ReadOnlySpan<long> indices)
        {
            var found = new TensorIndex[indices.Length];
            for (var i = 0; i < found.Length; i++)
                found[i] = TensorIndex.Single(indices[i]);
            return found;
        }

        public Tensor index(params TensorIndex[] indices) => Get(indices);
        public Tensor index(params Tensor[] indices) => Get([.. indices.Select(TensorIndex.Tensor)]);

        public Tensor index_put_(Tensor value, params TensorIndex[] indices)
        {
            Put(value, false, indices);
            return this;
        }

        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            Put(value, accumulate, indices);
            return this;
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, indices.Select(TensorIndex.Tensor).ToArray(), false);
        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) => index_put_(value, indices.Select(TensorIndex.Tensor).ToArray(), accumulate);

        public Tensor this[params TensorIndex[] indices]
        {
            get => Get(indices);
            set => Put(value, false, indices);
        }

        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        public Tensor this[long i1]
        {
            get => select(0, i1);
            set => Put(value, false, Whole(i1));
        }

        public Tensor this[long i1, long i2]
        {
            get => Get(Whole(i1, i2));
            set => Put(value, false, Whole(i1, i2));
        }

        public Tensor this[long i1, long i2, long i3]
        {
            get => Get(Whole(i1, i2, i3));
            set => Put(value, false, Whole(i1, i2, i3));
        }

        public void backward() => autograd.backward(this);

        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);
    }

    public static Tensor index_select(Tensor input, long dim, Tensor index) => input.index_select(dim, index);
    public static Tensor gather(Tensor input, long dim, Tensor index) => input.gather(dim, index);
    public static Tensor scatter(Tensor input, long dim, Tensor index, Tensor src) => input.scatter(dim, index, src);
    public static Tensor scatter_add(Tensor input, long dim, Tensor index, Tensor src) => input.scatter_add(dim, index, src);

    public static unsafe partial class autograd
    {
        public static void backward(IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null)
        {
            var roots = Handles(tensors);
            var grads = grad_tensors is null ? new nint[roots.Length] : [.. grad_tensors.Select(g => g is null ? 0 : g.Handle)];
            var leaves = inputs is null ? [] : Handles(inputs);
            fixed (nint* r = roots)
            fixed (nint* g = grads)
            fixed (nint* l = leaves)
                Native.Check(Native.a_backward(r, roots.Length, g, grads.Length, (retain_graph ?? create_graph) ? 1 : 0, create_graph ? 1 : 0, l, leaves.Length));
        }

        public static void backward(Tensor tensor, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null, bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            var (of, by) = (Handles(outputs), Handles(inputs));
            var grads = grad_outputs is null ? new nint[of.Length] : [.. grad_outputs.Select(g => g is null ? 0 : g.Handle)];
            var found = new nint[by.Length];
            fixed (nint* o = of)
            fixed (nint* i = by)
            fixed (nint* g = grads)
            fixed (nint* f = found)
                Native.Check(Native.a_grad(o, of.Length, i, by.Length, g, grads.Length, retain_graph || create_graph ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, f));
            return [.. found.Select(h => h == 0 ? null! : new Tensor(h))];
        }
    }
}
