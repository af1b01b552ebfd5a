namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        private Tensor Binary(BinaryOp op, Tensor other) => New(Native.t_binary(op, Handle, other.Handle));

        private Tensor Binary(BinaryOp op, Scalar other) => New(Native.t_scalar(op, Handle, other.Data));

        private Tensor BinaryInPlace(BinaryOp op, Tensor other)
        {
            Native.Check(Native.t_binary_(op, Handle, other.Handle));
            return this;
        }

        private Tensor BinaryInPlace(BinaryOp op, Scalar other)
        {
            Native.Check(Native.t_scalar_(op, Handle, other.Data));
            return this;
        }

        public Tensor add(Tensor target) => Binary(BinaryOp.Add, target);
        public Tensor add(Scalar scalar) => Binary(BinaryOp.Add, scalar);
        public Tensor sub(Tensor target) => Binary(BinaryOp.Sub, target);
        public Tensor sub(Scalar target) => Binary(BinaryOp.Sub, target);
        public Tensor mul(Tensor target) => Binary(BinaryOp.Mul, target);
        public Tensor mul(Scalar target) => Binary(BinaryOp.Mul, target);
        public Tensor pow(Tensor exponent) => Binary(BinaryOp.Pow, exponent);
        public Tensor pow(Scalar exponent) => Binary(BinaryOp.Pow, exponent);
        public Tensor eq(Tensor target) => Binary(BinaryOp.Eq, target);
        public Tensor eq(Scalar target) => Binary(BinaryOp.Eq, target);
        public Tensor ne(Tensor target) => Binary(BinaryOp.Ne, target);
        public Tensor ne(Scalar target) => Binary(BinaryOp.Ne, target);
        public Tensor lt(Tensor target) => Binary(BinaryOp.Lt, target);
        public Tensor lt(Scalar target) => Binary(BinaryOp.Lt, target);
        public Tensor le(Tensor target) => Binary(BinaryOp.Le, target);
        public Tensor le(Scalar target) => Binary(BinaryOp.Le, target);
        public Tensor gt(Tensor target) => Binary(BinaryOp.Gt, target);
        public Tensor gt(Scalar target) => Binary(BinaryOp.Gt, target);
        public Tensor ge(Tensor target) => Binary(BinaryOp.Ge, target);
        public Tensor ge(Scalar target) => Binary(BinaryOp.Ge, target);
        public Tensor fmod(Tensor target) => Binary(BinaryOp.Fmod, target);
        public Tensor fmod(Scalar scalar) => Binary(BinaryOp.Fmod, scalar);
        public Tensor remainder(Tensor target) => Binary(BinaryOp.Remainder, target);
        public Tensor remainder(Scalar scalar) => Binary(BinaryOp.Remainder, scalar);
        public Tensor floor_divide(Tensor other) => Binary(BinaryOp.FloorDivide, other);
        public Tensor floor_divide(Scalar other) => Binary(BinaryOp.FloorDivide, other);

        public Tensor logical_and(Tensor other) => Binary(BinaryOp.LogicalAnd, other);
        public Tensor logical_or(Tensor other) => Binary(BinaryOp.LogicalOr, other);
        public Tensor logical_xor(Tensor other) => Binary(BinaryOp.LogicalXor, other);
        public Tensor maximum(Tensor other) => Binary(BinaryOp.Maximum, other);
        public Tensor minimum(Tensor other) => Binary(BinaryOp.Minimum, other);
        public Tensor matmul(Tensor target) => Binary(BinaryOp.Matmul, target);
        public Tensor mm(Tensor target) => Binary(BinaryOp.Mm, target);
        public Tensor bmm(Tensor batch2) => Binary(BinaryOp.Bmm, batch2);
        public Tensor mv(Tensor target) => Binary(BinaryOp.Mv, target);
        public Tensor dot(Tensor target) => Binary(BinaryOp.Dot, target);
        public Tensor outer(Tensor vec2) => Binary(BinaryOp.Outer, vec2);
        public Tensor bitwise_and(Tensor other) => Binary(BinaryOp.BitwiseAnd, other);
        public Tensor bitwise_or(Tensor other) => Binary(BinaryOp.BitwiseOr, other);
        public Tensor bitwise_xor(Tensor other) => Binary(BinaryOp.BitwiseXor, other);
        public Tensor masked_select(Tensor mask) => Binary(BinaryOp.MaskedSelect, mask);
        public Tensor expand_as(Tensor other) => Binary(BinaryOp.ExpandAs, other);
        public Tensor view_as(Tensor other) => Binary(BinaryOp.ViewAs, other);
        public Tensor atan2(Tensor other) => Binary(BinaryOp.Atan2, other);
        public Tensor type_as(Tensor tensor) => Binary(BinaryOp.TypeAs, tensor);

        public Tensor add_(Tensor target) => BinaryInPlace(BinaryOp.Add, target);
        public Tensor add_(Scalar scalar) => BinaryInPlace(BinaryOp.Add, scalar);
        public Tensor sub_(Tensor target) => BinaryInPlace(BinaryOp.Sub, target);
        public Tensor sub_(Scalar target) => BinaryInPlace(BinaryOp.Sub, target);
        public Tensor mul_(Tensor target) => BinaryInPlace(BinaryOp.Mul, target);
        public Tensor mul_(Scalar target) => BinaryInPlace(BinaryOp.Mul, target);
        public Tensor pow_(Tensor exponent) => BinaryInPlace(BinaryOp.Pow, exponent);
        public Tensor pow_(Scalar exponent) => BinaryInPlace(BinaryOp.Pow, exponent);
        public Tensor logical_and_(Tensor other) => BinaryInPlace(BinaryOp.LogicalAnd, other);
        public Tensor logical_or_(Tensor other) => BinaryInPlace(BinaryOp.LogicalOr, other);

        public Tensor fill_(Scalar value) => BinaryInPlace(BinaryOp.Fill, value);
        public Tensor copy_(Tensor source, bool nonBlocking = false) => BinaryInPlace(BinaryOp.Copy, source);
        public Tensor set_(Tensor source) => BinaryInPlace(BinaryOp.Set, source);

        private Tensor InPlace(nint result)
        {
            Native.t_free(Native.Check(result));
            return this;
        }

        public Tensor add(Tensor target, Scalar alpha) => New(Native.t_add_alpha(Handle, target.Handle, alpha.Data, 0));
        public Tensor add_(Tensor target, Scalar alpha) => InPlace(Native.t_add_alpha(Handle, target.Handle, alpha.Data, 1));
        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => New(Native.t_addcmul(Handle, tensor1.Handle, tensor2.Handle, value.Data, 0));
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => InPlace(Native.t_addcmul(Handle, tensor1.Handle, tensor2.Handle, value.Data, 1));
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => New(Native.t_addcdiv(Handle, tensor1.Handle, tensor2.Handle, value.Data, 0));
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => InPlace(Native.t_addcdiv(Handle, tensor1.Handle, tensor2.Handle, value.Data, 1));
        public Tensor lerp(Tensor end, Tensor weight) => New(Native.t_lerp(Handle, end.Handle, weight.Handle, 0));
        public Tensor lerp_(Tensor end, Tensor weight) => InPlace(Native.t_lerp(Handle, end.Handle, weight.Handle, 1));

        public Tensor clamp(Scalar? min = null, Scalar? max = null) =>
            min is null ? Binary(BinaryOp.Minimum, max!) : max is null ? Binary(BinaryOp.Maximum, min) : New(Native.t_clamp(Handle, min.Data, max.Data, 0));
        public Tensor clamp(Tensor? min = null, Tensor? max = null)
        {
            using var scope = NewDisposeScope();
            var low = min is null ? alias() : maximum(min);
            return (max is null ? low : low.minimum(max)).MoveToOuterDisposeScope();
        }
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) =>
            min is null ? BinaryInPlace(BinaryOp.Minimum, max!) : max is null ? BinaryInPlace(BinaryOp.Maximum, min) : InPlace(Native.t_clamp(Handle, min.Data, max.Data, 1));
        public Tensor clamp_min(Scalar min) => Binary(BinaryOp.Maximum, min);
        public Tensor clamp_max(Scalar max) => Binary(BinaryOp.Minimum, max);

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            rounding_mode == RoundingMode.None ? Binary(BinaryOp.Div, target) : New(Native.t_div_round(Handle, target.Handle, rounding_mode.ToString(), 0));

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None)
        {
            if (rounding_mode == RoundingMode.None)
                return Binary(BinaryOp.Div, target);
            using var by = As(target);
            return div(by, rounding_mode);
        }

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            rounding_mode == RoundingMode.None ? BinaryInPlace(BinaryOp.Div, target) : InPlace(Native.t_div_round(Handle, target.Handle, rounding_mode.ToString(), 1));

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None)
        {
            if (rounding_mode == RoundingMode.None)
                return BinaryInPlace(BinaryOp.Div, target);
            using var by = As(target);
            return div_(by, rounding_mode);
        }

        /// <summary>A number as a tensor of no dimensions, which leaves the other side's type as it is.</summary>
        private Tensor As(Scalar value) => full([], value, is_floating_point() || value.Data.Kind != 1 ? dtype : null, device);

        public Tensor where(Tensor condition, Tensor y) => torch.where(condition, this, y);
        public Tensor masked_fill(Tensor mask, Scalar value) => New(Native.t_masked_fill(Handle, mask.Handle, value.Data, 0));
        public Tensor masked_fill_(Tensor mask, Scalar value) => InPlace(Native.t_masked_fill(Handle, mask.Handle, value.Data, 1));
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => New(Native.t_addmm(Handle, mat1.Handle, mat2.Handle, beta, alpha));
        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) => New(Native.t_baddbmm(Handle, batch1.Handle, batch2.Handle, beta, alpha));

        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);
        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);
        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);
        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);
        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);
        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);
        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);
        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);
        public static Tensor operator ==(Tensor left, Tensor right) => left.eq(right);
        public static Tensor operator ==(Tensor left, Scalar right) => left.eq(right);
        public static Tensor operator !=(Tensor left, Tensor right) => left.ne(right);
        public static Tensor operator !=(Tensor left, Scalar right) => left.ne(right);
        public static Tensor operator <(Tensor left, Tensor right) => left.lt(right);
        public static Tensor operator <(Tensor left, Scalar right) => left.lt(right);
        public static Tensor operator <=(Tensor left, Tensor right) => left.le(right);
        public static Tensor operator <=(Tensor left, Scalar right) => left.le(right);
        public static Tensor operator >(Tensor left, Tensor right) => left.gt(right);
        public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);
        public static Tensor operator >=(Tensor left, Tensor right) => left.ge(right);
        public static Tensor operator >=(Tensor left, Scalar right) => left.ge(right);
        public static Tensor operator %(Tensor left, Tensor right) => left.remainder(right);
        public static Tensor operator %(Tensor left, Scalar right) => left.remainder(right);
        public static Tensor operator <(Scalar left, Tensor right) => right.gt(left);
        public static Tensor operator <=(Scalar left, Tensor right) => right.ge(left);
        public static Tensor operator >(Scalar left, Tensor right) => right.lt(left);
        public static Tensor operator >=(Scalar left, Tensor right) => right.le(left);
        public static Tensor operator ==(Scalar left, Tensor right) => right.eq(left);
        public static Tensor operator !=(Scalar left, Tensor right) => right.ne(left);
        public static Tensor operator +(Scalar left, Tensor right) => right.add(left);
        public static Tensor operator -(Scalar left, Tensor right) => right.Binary(BinaryOp.ReverseSub, left);
        public static Tensor operator *(Scalar left, Tensor right) => right.mul(left);
        public static Tensor operator /(Scalar left, Tensor right) => right.Binary(BinaryOp.ReverseDiv, left);
        public static Tensor operator &(Tensor left, Tensor right) => left.bitwise_and(right);
        public static Tensor operator |(Tensor left, Tensor right) => left.bitwise_or(right);
        public static Tensor operator ^(Tensor left, Tensor right) => left.bitwise_xor(right);
    }

    public static Tensor add(Tensor left, Tensor right) => left.add(right);
    public static Tensor add(Tensor left, Scalar right) => left.add(right);
    public static Tensor sub(Tensor left, Tensor right) => left.sub(right);
    public static Tensor sub(Tensor left, Scalar right) => left.sub(right);
    public static Tensor mul(Tensor left, Tensor right) => left.mul(right);
    public static Tensor mul(Tensor left, Scalar right) => left.mul(right);
    public static Tensor div(Tensor left, Tensor right, RoundingMode rounding_mode = RoundingMode.None) => left.div(right, rounding_mode);
    public static Tensor div(Tensor left, Scalar right, RoundingMode rounding_mode = RoundingMode.None) => left.div(right, rounding_mode);
    public static Tensor pow(Tensor left, Tensor exponent) => left.pow(exponent);
    public static Tensor pow(Tensor left, Scalar exponent) => left.pow(exponent);
    public static Tensor eq(Tensor left, Tensor right) => left.eq(right);
    public static Tensor ne(Tensor left, Tensor right) => left.ne(right);
    public static Tensor lt(Tensor left, Tensor right) => left.lt(right);
    public static Tensor le(Tensor left, Tensor right) => left.le(right);
    public static Tensor gt(Tensor left, Tensor right) => left.gt(right);
    public static Tensor ge(Tensor left, Tensor right) => left.ge(right);
    public static Tensor fmod(Tensor left, Tensor right) => left.fmod(right);
    public static Tensor fmod(Tensor left, Scalar right) => left.fmod(right);
    public static Tensor remainder(Tensor left, Tensor right) => left.remainder(right);
    public static Tensor remainder(Tensor left, Scalar right) => left.remainder(right);
    public static Tensor floor_divide(Tensor input, Tensor other) => input.floor_divide(other);
    public static Tensor logical_and(Tensor left, Tensor right) => left.logical_and(right);
    public static Tensor logical_or(Tensor left, Tensor right) => left.logical_or(right);
    public static Tensor logical_xor(Tensor left, Tensor right) => left.logical_xor(right);
    public static Tensor maximum(Tensor input, Tensor other) => input.maximum(other);
    public static Tensor minimum(Tensor input, Tensor other) => input.minimum(other);
    public static Tensor matmul(Tensor input, Tensor target) => input.matmul(target);
    public static Tensor mm(Tensor input, Tensor target) => input.mm(target);
    public static Tensor bmm(Tensor input, Tensor batch2) => input.bmm(batch2);
    public static Tensor mv(Tensor input, Tensor other) => input.mv(other);
    public static Tensor dot(Tensor input, Tensor other) => input.dot(other);
    public static Tensor outer(Tensor input, Tensor vec2) => input.outer(vec2);
    public static Tensor bitwise_and(Tensor input, Tensor other) => input.bitwise_and(other);
    public static Tensor bitwise_or(Tensor input, Tensor other) => input.bitwise_or(other);
    public static Tensor bitwise_xor(Tensor input, Tensor other) => input.bitwise_xor(other);
    public static Tensor masked_select(Tensor input, Tensor mask) => input.masked_select(mask);
    public static Tensor atan2(Tensor input, Tensor other) => input.atan2(other);
    public static Tensor where(Tensor condition, Tensor x, Tensor y) => new(Native.Check(Native.t_where(condition.Handle, x.Handle, y.Handle)));
    public static Tensor clamp(Tensor input, Scalar? min = null, Scalar? max = null) => input.clamp(min, max);
    public static Tensor masked_fill(Tensor input, Tensor mask, Scalar value) => input.masked_fill(mask, value);
    public static bool allclose(Tensor tensor, Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) => tensor.allclose(target, rtol, atol, equal_nan);
    public static Tensor addcmul(Tensor input, Tensor tensor1, Tensor tensor2, Scalar value) => input.addcmul(tensor1, tensor2, value);
    public static Tensor addcdiv(Tensor input, Tensor tensor1, Tensor tensor2, Scalar value) => input.addcdiv(tensor1, tensor2, value);
    public static Tensor lerp(Tensor input, Tensor end, Tensor weight) => input.lerp(end, weight);
    public static Tensor addmm(Tensor input, Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => input.addmm(mat1, mat2, beta, alpha);
    public static unsafe Tensor einsum(string equation, params Tensor[] tensors)
    {
        var handles = Handles(tensors);
        fixed (nint* p = handles)
            return new(Native.Check(Native.t_einsum(equation, p, handles.Length)));
    }

    internal static nint[] Handles(IEnumerable<Tensor> tensors) => [.. tensors.Select(t => t.Handle)];
}
