using System.Collections.Concurrent;
using System.Reflection.Metadata;

namespace DataflowRlhf.Graph;

/// <summary>What belongs to an assembly and is no code of it: native libraries, tables of data, resources.</summary>
internal static class CodeNative
{
    private static readonly ConcurrentDictionary<string, string> Hashes = new();

    /// <summary>The library of this name beside the assembly; null: it is the system's.</summary>
    public static string? Find(string? folder, string library) => folder is null ? null
        : new[] { library, $"lib{library}.so", $"{library}.so", $"lib{library}.dylib", $"{library}.dll" }.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);

    public static string Hash(string file) => Hashes.GetOrAdd(file, ContentDigest.OfFile);

    /// <summary>What a field begins with that is written down as a table.</summary>
    public static ReadOnlySpan<byte> Data(CodeImage image, int address, FieldDefinition field)
    {
        var data = image.Pe.GetSectionData(address).GetReader();
        return data.ReadBytes(Math.Min(Size(image, field), data.RemainingBytes));
    }

    public static ReadOnlySpan<byte> Resource(CodeImage image, ManifestResource resource)
    {
        var data = image.Pe.GetSectionData(image.Pe.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress).GetReader();
        data.Offset = (int)resource.Offset;
        return data.ReadBytes(data.ReadInt32());
    }

    private static int Size(CodeImage image, FieldDefinition field)
    {
        var signature = image.SignatureOf(field);
        return signature.Root is { Image: not null } table ? table.Definition.GetLayout().Size : signature.Text switch
        {
            "Int64" or "UInt64" or "Double" => 8,
            "Int32" or "UInt32" or "Single" => 4,
            "Int16" or "UInt16" or "Char" => 2,
            "Byte" or "SByte" or "Boolean" => 1,
            var other => throw new InvalidOperationException($"{image.Name} has a table of {other}, which has no known size."),
        };
    }
}
