namespace TorchSharp;

/// <summary>A tensor of one element as a number, converted from whatever type it has.</summary>
public static class TensorExtensionMethods
{
    public static double ToDouble(this torch.Tensor value) => value.AsDouble();
    public static float ToSingle(this torch.Tensor value) => (float)value.AsDouble();
    public static long ToInt64(this torch.Tensor value) => value.AsInt64();
    public static int ToInt32(this torch.Tensor value) => checked((int)value.AsInt64());
    public static bool ToBoolean(this torch.Tensor value) => value.AsInt64() != 0;
}
