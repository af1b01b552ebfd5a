using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Weights;

/// <summary>The format's names of types.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Name, ScalarType Type, int Width)[] All =
    [
        ("F64", ScalarType.Float64, 8), ("F32", ScalarType.Float32, 4), ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8), ("I32", ScalarType.Int32, 4), ("I16", ScalarType.Int16, 2), ("I8", ScalarType.Int8, 1), ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    public static string Known => string.Join(", ", All.Select(t => t.Name));

    public static (ScalarType Type, int Width)? Of(string name) => All.Where(t => t.Name == name).Select(t => ((ScalarType, int)?)(t.Type, t.Width)).FirstOrDefault();

    public static string Name(ScalarType type) => All.First(t => t.Type == type).Name;
}
