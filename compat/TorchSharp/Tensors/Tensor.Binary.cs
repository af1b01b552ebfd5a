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
        public Tensor add(Scalar target) => Binary(BinaryOp.Add, target);
        public Tensor sub(Tensor target) => Binary(BinaryOp.Sub, target);
        public Tensor sub(Scalar target) => Binary(BinaryOp.Sub, target);
        public Tensor mul(Tensor target) => Binary(BinaryOp.Mul, target);
        public Tensor mul(Scalar target) => Binary(BinaryOp.Mul, target);
        public Tensor div(Tensor target) => Binary(BinaryOp.Div, target);
        public Tensor div(Scalar target) => Binary(BinaryOp.Div, target);
        public Tensor pow(Tensor target) => Binary(BinaryOp.Pow, target);
        public Tensor pow(Scalar target) => Binary(BinaryOp.Pow, target);
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
        public Tensor fmod(Scalar target) => Binary(BinaryOp.Fmod, target);
        public Tensor remainder(Tensor target) => Binary(BinaryOp.Remainder, target);
        public Tensor remainder(Scalar target) => Binary(BinaryOp.Remainder, target);
        public Tensor floor_divide(Tensor target) => Binary(BinaryOp.FloorDivide, target);
        public Tensor floor_divide(Scalar target) => Binary(BinaryOp.FloorDivide, target);

        public Tensor logical_and(Tensor target) => Binary(BinaryOp.LogicalAnd, target);
        public Tensor logical_or(Tensor target) => Binary(BinaryOp.LogicalOr, target);
        public Tensor logical_xor(Tensor target) => Binary(BinaryOp.LogicalXor, target);
        public Tensor maximum(Tensor target) => Binary(BinaryOp.Maximum, target);
        public Tensor minimum(Tensor target) => Binary(BinaryOp.Minimum, target);
        public Tensor matmul(Tensor target) => Binary(BinaryOp.Matmul, target);
        public Tensor mm(Tensor target) => Binary(BinaryOp.Mm, target);
        public Tensor bmm(Tensor target) => Binary(BinaryOp.Bmm, target);
        public Tensor mv(Tensor target) => Binary(BinaryOp.Mv, target);
        public Tensor dot(Tensor target) => Binary(BinaryOp.Dot, target);
        public Tensor outer(Tensor target) => Binary(BinaryOp.Outer, target);
        public Tensor bitwise_and(Tensor target) => Binary(BinaryOp.BitwiseAnd, target);
        public Tensor bitwise_or(Tensor target) => Binary(BinaryOp.BitwiseOr, target);
        public Tensor bitwise_xor(Tensor target) => Binary(BinaryOp.BitwiseXor, target);
        public Tensor masked_select(Tensor target) => Binary(BinaryOp.MaskedSelect, target);
        public Tensor expand_as(Tensor target) => Binary(BinaryOp.ExpandAs, target);
        public Tensor view_as(Tensor target) => Binary(BinaryOp.ViewAs, target);
        public Tensor atan2(Tensor target) => Binary(BinaryOp.Atan2, target);
        public Tensor type_as(Tensor target) => Binary(BinaryOp.TypeAs, target);

        public Tensor add_(Tensor target) => BinaryInPlace(BinaryOp.Add, target);
        public Tensor add_(Scalar target) => BinaryInPlace(BinaryOp.Add, target);
        public Tensor sub_(Tensor target) => BinaryInPlace(BinaryOp.Sub, target);
        public Tensor sub_(Scalar target) => BinaryInPlace(BinaryOp.Sub, target);
        public Tensor mul_(Tensor target) => BinaryInPlace(BinaryOp.Mul, target);
        public Tensor mul_(Scalar target) => BinaryInPlace(BinaryOp.Mul, target);
        public Tensor div_(Tensor target) => BinaryInPlace(BinaryOp.Div, target);
        public Tensor div_(Scalar target) => BinaryInPlace(BinaryOp.Div, target);
        public Tensor pow_(Tensor target) => BinaryInPlace(BinaryOp.Pow, target);
        public Tensor pow_(Scalar target) => BinaryInPlace(BinaryOp.Pow, target);
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
        public Tensor lerp(Tensor end, Scalar weight) => New(Native.t_lerp(Handle, end.Handle, weight.Data, 0));
        public Tensor lerp_(Tensor end, Scalar weight) => InPlace(Native.t_lerp(Handle, end.Handle, weight.Data, 1));

        public Tensor clamp(Scalar? min = null, Scalar? max = null) =>
            min is null ? Binary(BinaryOp.Minimum, max!) : max is null ? Binary(BinaryOp.Maximum, min) : New(Native.t_clamp(Handle, min.Data, max.Data, 0));
        public Tensor clamp(Tensor? min = null, Tensor? max = null)
        {
            var low = min is null ? this : maximum(min);
            return max is null ? low : low.minimum(max);
        }
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) =>
            min is null ? BinaryInPlace(BinaryOp.Minimum, max!) : max is null ? BinaryInPlace(BinaryOp.Maximum, min) : InPlace(Native.t_clamp(Handle, min.Data, max.Data, 1));
        public Tensor clamp_min(Scalar min) => Binary(BinaryOp.Maximum, min);
        public Tensor clamp_max(Scalar max) => Binary(BinaryOp.Minimum, max);

        public Tensor div(Tensor target, RoundingMode rounding_mode) => New(Native.t_div_round(Handle, target.Handle, rounding_mode.ToString()));
        public Tensor where(Tensor condition, Tensor other) => torch.where(condition, this, other);
        public Tensor masked_fill(Tensor mask, Scalar value) => New(Native.t_masked_fill(Handle, mask.Handle, value.Data, 0));
        public Tensor masked_fill_(Tensor mask, Scalar value) => InPlace(Native.t_masked_fill(Handle, mask.Handle, value.Data, 1));
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => New(Native.t_addmm(Handle, mat1.Handle, mat2.Handle, beta, alpha));
        public Tensor baddbmm(Tensor batch2, Tensor mat, float beta = 1, float alpha = 1) => New(Native.t_baddbmm(mat.Handle, Handle, batch2.Handle, beta, alpha));

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
    public static Tensor div(Tensor left, Tensor right) => left.div(right);
    public static Tensor div(Tensor left, Scalar right) => left.div(right);
    public static Tensor pow(Tensor left, Tensor right) => left.pow(right);
    public static Tensor pow(Tensor left, Scalar right) => left.pow(right);
    public static Tensor eq(Tensor left, Tensor right) => left.eq(right);
    public static Tensor eq(Tensor left, Scalar right) => left.eq(right);
    public static Tensor ne(Tensor left, Tensor right) => left.ne(right);
    public static Tensor ne(Tensor left, Scalar right) => left.ne(right);
    public static Tensor lt(Tensor left, Tensor right) => left.lt(right);
    public static Tensor lt(Tensor left, Scalar right) => left.lt(right);
    public static Tensor le(Tensor left, Tensor right) => left.le(right);
    public static Tensor le(Tensor left, Scalar right) => left.le(right);
    public static Tensor gt(Tensor left, Tensor right) => left.gt(right);
    public static Tensor gt(Tensor left, Scalar right) => left.gt(right);
    public static Tensor ge(Tensor left, Tensor right) => left.ge(right);
    public static Tensor ge(Tensor left, Scalar right) => left.ge(right);
    public static Tensor fmod(Tensor left, Tensor right) => left.fmod(right);
    public static Tensor fmod(Tensor left, Scalar right) => left.fmod(right);
    public static Tensor remainder(Tensor left, Tensor right) => left.remainder(right);
    public static Tensor remainder(Tensor left, Scalar right) => left.remainder(right);
    public static Tensor floor_divide(Tensor left, Tensor right) => left.floor_divide(right);
    public static Tensor floor_divide(Tensor left, Scalar right) => left.floor_divide(right);
    public static Tensor logical_and(Tensor input, Tensor other) => input.logical_and(other);
    public static Tensor logical_or(Tensor input, Tensor other) => input.logical_or(other);
    public static Tensor logical_xor(Tensor input, Tensor other) => input.logical_xor(other);
    public static Tensor maximum(Tensor input, Tensor other) => input.maximum(other);
    public static Tensor minimum(Tensor input, Tensor other) => input.minimum(other);
    public static Tensor matmul(Tensor input, Tensor other) => input.matmul(other);
    public static Tensor mm(Tensor input, Tensor other) => input.mm(other);
    public static Tensor bmm(Tensor input, Tensor other) => input.bmm(other);
    public static Tensor mv(Tensor input, Tensor other) => input.mv(other);
    public static Tensor dot(Tensor input, Tensor other) => input.dot(other);
    public static Tensor outer(Tensor input, Tensor other) => input.outer(other);
    public static Tensor bitwise_and(Tensor input, Tensor other) => input.bitwise_and(other);
    public static Tensor bitwise_or(Tensor input, Tensor other) => input.bitwise_or(other);
    public static Tensor bitwise_xor(Tensor input, Tensor other) => input.bitwise_xor(other);
    public static Tensor masked_select(Tensor input, Tensor other) => input.masked_select(other);
    public static Tensor atan2(Tensor input, Tensor other) => input.atan2(other);
    public static Tensor where(Tensor condition, Tensor x, Tensor y) => new(Native.Check(Native.t_where(condition.Handle, x.Handle, y.Handle)));
    public static Tensor clamp(Tensor input, Scalar? min = null, Scalar? max = null) => input.clamp(min, max);
    public static Tensor masked_fill(Tensor input, Tensor mask, Scalar value) => input.masked_fill(mask, value);
    public static bool allclose(Tensor target, Tensor other, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) => target.allclose(other, rtol, atol, equal_nan);
    public static Tensor addcmul(Tensor input, Tensor tensor1, Tensor tensor2, Scalar value) => input.addcmul(tensor1, tensor2, value);
    public static Tensor addcdiv(Tensor input, Tensor tensor1, Tensor tensor2, Scalar value) => input.addcdiv(tensor1, tensor2, value);
    public static Tensor lerp(Tensor input, Tensor end, Scalar weight) => input.lerp(end, weight);
    public static Tensor addmm(Tensor input, Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => input.addmm(mat1, mat2, beta, alpha);
    public static unsafe Tensor einsum(string equation, params Tensor[] tensors)
    {
        var handles = Handles(tensors);
        fixed (nint* p = handles)
            return new(Native.Check(Native.t_einsum(equation, p, handles.Length)));
    }

    internal static nint[] Handles(IEnumerable<Tensor> tensors) => [.. tensors.Select(t => t.Handle)];
}
