namespace TorchSharp;

// The numbers are those of the switches in native/tensor.cpp.
internal enum UnaryOp
{
    Neg, Abs, Exp, Log, Log1p, Sqrt, Rsqrt, Sigmoid, Tanh, Relu, Silu, Erf, Sin, Cos, Square, Round, Floor, Ceil, Sign, LogSigmoid,
    IsNan, IsInf, IsFinite, LogicalNot, Detach, Contiguous, Nonzero, Clone, Reciprocal, Min, Max, All, Any, Mean, Prod, T, Expm1, Log2, Trunc, BitwiseNot,
    Mish, Squeeze, ReverseDims, CountNonzero, Median, Log10, Tan, Softplus, Zero = 100,
}

internal enum BinaryOp
{
    Add, Sub, Mul, Div, Pow, Eq, Ne, Lt, Le, Gt, Ge, LogicalAnd, LogicalOr, LogicalXor, Maximum, Minimum, Matmul, Mm, Bmm, Mv, Dot, Outer,
    Fmod, Remainder, BitwiseAnd, BitwiseOr, BitwiseXor, FloorDivide, MaskedSelect, ExpandAs, ViewAs, Atan2, TypeAs, Xlogy,
    ReverseSub, ReversePow, ReverseDiv, Copy = 100, Set = 101, Fill = 102,
}

internal enum ReduceOp
{
    Sum, Mean, Amax, Amin, LogSumExp, Any, All, Argmax, Argmin, Softmax, LogSoftmax, Cumsum, Cumprod, Prod, CountNonzero,
}

internal enum ShapeOp
{
    View, Reshape, Permute, Expand, Repeat, Transpose, Squeeze, Unsqueeze, Narrow, Slice, Select, Flip, Tril, Triu, Flatten, Roll, RepeatInterleave,
    Unflatten, OneHot, Diagonal, Unfold, Movedim,
}

internal enum ScatterOp
{
    Scatter, ScatterInPlace, ScatterAdd, ScatterAddInPlace, IndexAdd, IndexAddInPlace, IndexCopy, IndexCopyInPlace, IndexFill, IndexFillInPlace, ScatterValue, ScatterValueInPlace,
}
