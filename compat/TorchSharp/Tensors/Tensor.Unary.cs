namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        private static Tensor New(nint handle) => new(Native.Check(handle));

        private Tensor Unary(UnaryOp op) => New(Native.t_unary(op, Handle));

        private Tensor UnaryInPlace(UnaryOp op)
        {
            Native.Check(Native.t_unary_(op, Handle));
            return this;
        }

        public Tensor neg() => Unary(UnaryOp.Neg);
        public Tensor abs() => Unary(UnaryOp.Abs);
        public Tensor exp() => Unary(UnaryOp.Exp);
        public Tensor log() => Unary(UnaryOp.Log);
        public Tensor log1p() => Unary(UnaryOp.Log1p);
        public Tensor sqrt() => Unary(UnaryOp.Sqrt);
        public Tensor rsqrt() => Unary(UnaryOp.Rsqrt);
        public Tensor sigmoid() => Unary(UnaryOp.Sigmoid);
        public Tensor tanh() => Unary(UnaryOp.Tanh);
        public Tensor relu() => Unary(UnaryOp.Relu);
        public Tensor silu() => Unary(UnaryOp.Silu);
        public Tensor erf() => Unary(UnaryOp.Erf);
        public Tensor sin() => Unary(UnaryOp.Sin);
        public Tensor cos() => Unary(UnaryOp.Cos);
        public Tensor square() => Unary(UnaryOp.Square);
        public Tensor round() => Unary(UnaryOp.Round);
        public Tensor floor() => Unary(UnaryOp.Floor);
        public Tensor ceil() => Unary(UnaryOp.Ceil);
        public Tensor sign() => Unary(UnaryOp.Sign);
        public Tensor isnan() => Unary(UnaryOp.IsNan);
        public Tensor isinf() => Unary(UnaryOp.IsInf);
        public Tensor isfinite() => Unary(UnaryOp.IsFinite);
        public Tensor logical_not() => Unary(UnaryOp.LogicalNot);
        public Tensor detach() => Unary(UnaryOp.Detach);
        public Tensor contiguous() => Unary(UnaryOp.Contiguous);
        public Tensor nonzero() => Unary(UnaryOp.Nonzero);
        public Tensor clone() => Unary(UnaryOp.Clone);
        public Tensor reciprocal() => Unary(UnaryOp.Reciprocal);
        public Tensor expm1() => Unary(UnaryOp.Expm1);
        public Tensor log2() => Unary(UnaryOp.Log2);
        public Tensor log10() => Unary(UnaryOp.Log10);
        public Tensor trunc() => Unary(UnaryOp.Trunc);
        public Tensor t() => Unary(UnaryOp.T);
        public Tensor bitwise_not() => Unary(UnaryOp.BitwiseNot);
        public Tensor tan() => Unary(UnaryOp.Tan);

        public Tensor neg_() => UnaryInPlace(UnaryOp.Neg);
        public Tensor abs_() => UnaryInPlace(UnaryOp.Abs);
        public Tensor exp_() => UnaryInPlace(UnaryOp.Exp);
        public Tensor log_() => UnaryInPlace(UnaryOp.Log);
        public Tensor sqrt_() => UnaryInPlace(UnaryOp.Sqrt);
        public Tensor rsqrt_() => UnaryInPlace(UnaryOp.Rsqrt);
        public Tensor sigmoid_() => UnaryInPlace(UnaryOp.Sigmoid);
        public Tensor tanh_() => UnaryInPlace(UnaryOp.Tanh);
        public Tensor relu_() => UnaryInPlace(UnaryOp.Relu);
        public Tensor square_() => UnaryInPlace(UnaryOp.Square);
        public Tensor round_() => UnaryInPlace(UnaryOp.Round);
        public Tensor floor_() => UnaryInPlace(UnaryOp.Floor);
        public Tensor detach_() => UnaryInPlace(UnaryOp.Detach);
        public Tensor reciprocal_() => UnaryInPlace(UnaryOp.Reciprocal);
        public Tensor zero_() => UnaryInPlace(UnaryOp.Zero);
        public Tensor negative() => neg();
        public Tensor alias() => New(Native.t_alias(Handle));
        public Tensor gelu() => New(Native.n_gelu(Handle, 0));
        public Tensor T => Unary(UnaryOp.ReverseDims);
        public Tensor mT => transpose(-2, -1);
        public static Tensor operator -(Tensor tensor) => tensor.neg();
        public static Tensor operator ~(Tensor tensor) => tensor.bitwise_not();
    }

    public static Tensor neg(Tensor input) => input.neg();
    public static Tensor abs(Tensor input) => input.abs();
    public static Tensor exp(Tensor input) => input.exp();
    public static Tensor log(Tensor input) => input.log();
    public static Tensor log1p(Tensor input) => input.log1p();
    public static Tensor sqrt(Tensor input) => input.sqrt();
    public static Tensor rsqrt(Tensor input) => input.rsqrt();
    public static Tensor sigmoid(Tensor input) => input.sigmoid();
    public static Tensor tanh(Tensor input) => input.tanh();
    public static Tensor erf(Tensor input) => input.erf();
    public static Tensor sin(Tensor input) => input.sin();
    public static Tensor cos(Tensor input) => input.cos();
    public static Tensor square(Tensor input) => input.square();
    public static Tensor round(Tensor input) => input.round();
    public static Tensor floor(Tensor input) => input.floor();
    public static Tensor ceil(Tensor input) => input.ceil();
    public static Tensor sign(Tensor input) => input.sign();
    public static Tensor isnan(Tensor input) => input.isnan();
    public static Tensor isinf(Tensor tensor) => tensor.isinf();
    public static Tensor isfinite(Tensor tensor) => tensor.isfinite();
    public static Tensor logical_not(Tensor input) => input.logical_not();
    public static Tensor nonzero(Tensor input) => input.nonzero();
    public static Tensor reciprocal(Tensor input) => input.reciprocal();
    public static Tensor expm1(Tensor input) => input.expm1();
    public static Tensor log2(Tensor input) => input.log2();
    public static Tensor log10(Tensor input) => input.log10();
    public static Tensor trunc(Tensor input) => input.trunc();
    public static Tensor bitwise_not(Tensor input) => input.bitwise_not();
    public static Tensor tan(Tensor input) => input.tan();
    public static Tensor clone(Tensor input) => input.clone();
    public static Tensor t(Tensor input) => input.t();
}
