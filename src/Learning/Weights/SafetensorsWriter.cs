using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Weights;

/// <summary>Writes a safetensors file: tensors in the order given, equal input gives equal bytes.</summary>
public static class SafetensorsWriter
{
    /// <param name="tensors">Names and tensors of any device and stride; two names for one storage are written twice.</param>
    /// <param name="metadata">Texts for <c>__metadata__</c>, such as <c>format: pt</c>; null: none.</param>
    public static void Write(string path, IEnumerable<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var file = File.Create(path);
        Write(file, tensors, metadata);
    }

    /// <summary>As above, into a stream.</summary>
    public static void Write(Stream file, IEnumerable<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var all = tensors.ToList();
        var header = new JsonObject();
        if (metadata is not null)
            header["__metadata__"] = new JsonObject(metadata.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value)));
        long at = 0;
        foreach (var (name, value) in all)
        {
            var end = at + (value.numel() * value.element_size());
            header.Add(name, new JsonObject
            {
                ["dtype"] = SafetensorsTypes.Name(value.dtype),
                ["shape"] = new JsonArray([.. value.shape.Select(d => (JsonNode)JsonValue.Create(d))]),
                ["data_offsets"] = new JsonArray(at, end),
            });
            at = end;
        }
        var text = Encoding.UTF8.GetBytes(header.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        var padded = (text.Length + 7) / 8 * 8; // the data begins at a multiple of 8
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)padded);
        file.Write(length);
        file.Write(text);
        for (var i = text.Length; i < padded; i++)
            file.WriteByte((byte)' ');
        foreach (var (_, value) in all)
            WriteData(file, value);
    }

    private static void WriteData(Stream file, Tensor value)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var flat = value.detach().cpu().contiguous().reshape(-1);
        const long Piece = 1 << 28;
        var width = flat.element_size();
        for (long at = 0; at < flat.numel(); at += Piece / width)
            file.Write(flat.narrow(0, at, Math.Min(Piece / width, flat.numel() - at)).bytes);
    }
}
