namespace TorchSharp;

/// <summary>A tensor of one element as a number, converted from whatever type it has.</summary>
public static class TensorExtensionMethods
{
    public static double ToDouble(this torch.Tensor value) => value.AsDouble();
    public static float ToSingle(this torch.Tensor value) => (float)value.AsDouble();
    public static long ToInt64(this torch.Tensor value) => value.AsInt64();
    public static int ToInt32(this torch.Tensor value) => checked((int)value.AsInt64());
    public static short ToInt16(this torch.Tensor value) => checked((short)value.AsInt64());
    public static byte ToByte(this torch.Tensor value) => checked((byte)value.AsInt64());
    public static bool ToBoolean(this torch.Tensor value) => value.AsInt64() != 0;

    public static Modules.Parameter AsParameter(this torch.Tensor tensor) => new(tensor, tensor.requires_grad);

    public static string str(this torch.Tensor tensor, string? fltFormat = null, int? width = null, string? newLine = null, System.Globalization.CultureInfo? cultureInfo = null, TensorStringStyle style = TensorStringStyle.Default) =>
        tensor.ToString(style, fltFormat, width, cultureInfo, newLine);

    public static string npstr(this torch.Tensor tensor, string? fltFormat = "g5", int? width = 100, string? newLine = null, System.Globalization.CultureInfo? cultureInfo = null) =>
        tensor.ToString(TensorStringStyle.Numpy, fltFormat, width, cultureInfo, newLine);

    public static string cstr(this torch.Tensor tensor, string? fltFormat = "g5", int? width = 100, string? newLine = null, System.Globalization.CultureInfo? cultureInfo = null) =>
        tensor.ToString(TensorStringStyle.CSharp, fltFormat, width, cultureInfo, newLine);

    public static string metastr(this torch.Tensor tensor) => tensor.ToString(TensorStringStyle.Metadata);

    /// <summary>Writes type, shape and bytes, lengths in groups of seven bits.</summary>
    public static void Save(this torch.Tensor tensor, BinaryWriter writer)
    {
        using var scope = torch.NewDisposeScope();
        var values = tensor.detach().cpu().contiguous();
        writer.Write7BitEncodedInt64((sbyte)values.dtype);
        writer.Write7BitEncodedInt64(values.ndim);
        foreach (var size in values.shape)
            writer.Write7BitEncodedInt64(size);
        writer.Write(values.bytes);
    }

    /// <summary>Reads what <see cref="Save"/> wrote into a tensor of that type and shape, or past it.</summary>
    /// <exception cref="ArgumentException">Type or shape differ.</exception>
    public static void Load(this torch.Tensor tensor, BinaryReader reader, bool skip = false) => Read(tensor, reader, skip);

    /// <summary>A new tensor of what <see cref="Save"/> wrote.</summary>
    public static torch.Tensor Load(BinaryReader reader, bool skip = false)
    {
        var (type, shape) = Head(reader);
        var made = torch.empty(shape, type);
        Fill(made, reader);
        return made;
    }

    internal static void Read(torch.Tensor? tensor, BinaryReader reader, bool skip)
    {
        using var scope = torch.NewDisposeScope();
        using var off = torch.no_grad();
        var (type, shape) = Head(reader);
        var read = torch.empty(shape, type);
        Fill(read, reader);
        if (skip)
            return;
        if (tensor!.dtype != type)
            throw new ArgumentException($"Mismatched tensor data types while loading: the target has {tensor.dtype}, the file {type}.");
        if (!tensor.shape.SequenceEqual(shape))
            throw new ArgumentException($"Mismatched tensor shape while loading: the target has [{string.Join(", ", tensor.shape)}], the file [{string.Join(", ", shape)}].");
        tensor.copy_(read);
    }

    private static (torch.ScalarType Type, long[] Shape) Head(BinaryReader reader)
    {
        var type = (torch.ScalarType)reader.Read7BitEncodedInt64();
        if (!Enum.IsDefined(type))
            throw new ArgumentException($"{(int)type} is no tensor type; the file was not written by Save.");
        var shape = new long[checked((int)reader.Read7BitEncodedInt64())];
        for (var i = 0; i < shape.Length; i++)
            shape[i] = reader.Read7BitEncodedInt64();
        return (type, shape);
    }

    private static void Fill(torch.Tensor tensor, BinaryReader reader) => reader.BaseStream.ReadExactly(tensor.bytes);
}
