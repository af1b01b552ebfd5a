namespace TorchSharp;

/// <summary>A number with its type, as operations with tensors take it.</summary>
public sealed class Scalar : IDisposable
{
    internal readonly ScalarData Data;

    private Scalar(ScalarData data, torch.ScalarType type)
    {
        Data = data;
        Type = type;
    }

    public torch.ScalarType Type { get; }

    public static implicit operator Scalar(byte value) => new(new(value, 0, 0), torch.ScalarType.Byte);
    public static implicit operator Scalar(sbyte value) => new(new(value, 0, 0), torch.ScalarType.Int8);
    public static implicit operator Scalar(short value) => new(new(value, 0, 0), torch.ScalarType.Int16);
    public static implicit operator Scalar(int value) => new(new(value, 0, 0), torch.ScalarType.Int64);
    public static implicit operator Scalar(long value) => new(new(value, 0, 0), torch.ScalarType.Int64);
    public static implicit operator Scalar(float value) => new(new(0, value, 1), torch.ScalarType.Float32);
    public static implicit operator Scalar(double value) => new(new(0, value, 1), torch.ScalarType.Float64);
    public static implicit operator Scalar(bool value) => new(new(value ? 1 : 0, 0, 2), torch.ScalarType.Bool);

    internal double Number => Data.Kind == 1 ? Data.Number : Data.Whole;

    /// <summary>The dtype a tensor made of it has when none is said: whole numbers Int64, others Float32 — by how the number was written.</summary>
    internal torch.ScalarType NaturalType => Data.Kind == 0 ? torch.ScalarType.Int64 : Data.Kind == 1 ? torch.ScalarType.Float32 : torch.ScalarType.Bool;

    public void Dispose()
    {
    }
}
