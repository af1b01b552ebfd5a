using System.Buffers.Binary;
using System.Text.Json;

namespace DataflowRlhf.Runner.Views;

/// <summary>What a Hugging Face folder says of itself: the parameters of its safetensors files by their types.</summary>
internal static class ModelFacts
{
    private const long LongestHeader = 100_000_000; // As the format itself bounds it.

    /// <summary>Numbers by type, such as F32; empty where there are no weights that can be read.</summary>
    public static IReadOnlyDictionary<string, long> Parameters(string folder)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories))
        {
            using var header = Header(file);
            if (header is null)
                continue;
            foreach (var entry in header.RootElement.EnumerateObject().Where(e => e.Name != "__metadata__"))
            {
                var type = entry.Value.GetProperty("dtype").GetString()!;
                counts[type] = counts.GetValueOrDefault(type) + entry.Value.GetProperty("shape").EnumerateArray().Aggregate(1L, (product, side) => product * side.GetInt64());
            }
        }
        return counts;
    }

    private static JsonDocument? Header(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            Span<byte> length = stackalloc byte[8];
            stream.ReadExactly(length);
            var bytes = BinaryPrimitives.ReadInt64LittleEndian(length);
            if (bytes is <= 0 or > LongestHeader || bytes > stream.Length)
                return null;
            var text = new byte[bytes];
            stream.ReadExactly(text);
            return JsonDocument.Parse(text);
        }
        catch (Exception damaged) when (damaged is IOException or JsonException)
        {
            return null;
        }
    }
}
