using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Weights;

/// <summary>The format's names of types. Some have no counterpart among torch's: their bytes can be read, and nothing else.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Name, ScalarType? Type, int Width)[] All =
    [
        ("F64", ScalarType.Float64, 8), ("F32", ScalarType.Float32, 4), ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8), ("I32", ScalarType.Int32, 4), ("I16", ScalarType.Int16, 2), ("I8", ScalarType.Int8, 1), ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
        ("U64", null, 8), ("U32", null, 4), ("U16", null, 2), ("F8_E4M3", null, 1), ("F8_E5M2", null, 1), ("F8_E8M0", null, 1),
    ];

    /// <summary>Names of the types that become tensors.</summary>
    public static string Known => string.Join(", ", All.Where(t => t.Type is not null).Select(t => t.Name));

    /// <summary>Torch's type, or null where it has none, and bytes a number; null: no type of the format.</summary>
    public static (ScalarType? Type, int Width)? Of(string name) => All.Where(t => t.Name == name).Select(t => ((ScalarType?, int)?)(t.Type, t.Width)).FirstOrDefault();

    public static string Name(ScalarType type) => All.FirstOrDefault(t => t.Type == type).Name ?? throw new ArgumentException($"{type} cannot be written; {Known} can.");
}
