using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Weights;

/// <summary>
/// Reads a safetensors file: 8 bytes of header length, a JSON header, then the tensors' bytes without gaps. The header is checked whole before any
/// tensor is read; nothing is allocated by what a file merely claims.
/// </summary>
public sealed class SafetensorsReader : IDisposable
{
    private const long MaxHeader = 100_000_000;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly FileStream file;
    private readonly string path;
    private readonly long dataStart;
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    private sealed record Entry(string Stored, ScalarType? Type, long[] Shape, long Begin, long End);

    private SafetensorsReader(string path)
    {
        this.path = path;
        file = File.OpenRead(path);
        try
        {
            dataStart = ReadHeader();
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <exception cref="SafetensorsException">The file is missing, cut short, or breaks the format.</exception>
    public static SafetensorsReader Open(string path)
    {
        if (PlainFile.Problem(path) is { } problem)
            throw new SafetensorsException(path, problem + ".");
        try
        {
            return new(path);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            throw new SafetensorsException(path, $"cannot be read: {closed.Message}", closed);
        }
    }

    public IEnumerable<string> Names => entries.Keys;

    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = new Dictionary<string, string>();

    public bool Has(string name) => entries.ContainsKey(name);

    public long[] Shape(string name) => Find(name).Shape;

    /// <summary>Torch's type of a tensor.</summary>
    /// <exception cref="SafetensorsException">Torch has none for it, such as for U16 or F8_E4M3; <see cref="ReadBytes"/> reads those.</exception>
    public ScalarType Type(string name) => Find(name) is var entry && entry.Type is { } type
        ? type
        : throw Wrong($"holds '{name}' as {entry.Stored}; {SafetensorsTypes.Known} can be read.");

    /// <summary>The format's name of a tensor's type, such as <c>BF16</c>.</summary>
    public string Stored(string name) => Find(name).Stored;

    /// <summary>A tensor's bytes as they are stored, little-endian, of any type.</summary>
    public byte[] ReadBytes(string name)
    {
        var entry = Find(name);
        if (entry.End - entry.Begin > Array.MaxLength)
            throw Wrong($"holds '{name}' in {entry.End - entry.Begin} bytes: too many for one array.");
        var bytes = new byte[entry.End - entry.Begin];
        file.Position = dataStart + entry.Begin;
        Fill(name, bytes);
        return bytes;
    }

    /// <summary>A tensor on the CPU in the type it is stored in; the caller owns it.</summary>
    public Tensor ReadTensor(string name)
    {
        var entry = Find(name);
        using var off = no_grad();
        var tensor = empty(entry.Shape, Type(name));
        if (entry.End == entry.Begin)
            return tensor;
        // bytes is a span of int length: large tensors are read in pieces of their flat view.
        file.Position = dataStart + entry.Begin;
        using var flat = tensor.reshape(-1);
        var width = tensor.ElementSize;
        const long Piece = 1 << 28;
        for (long at = 0; at < flat.numel(); at += Piece / width)
        {
            using var part = flat.narrow(0, at, Math.Min(Piece / width, flat.numel() - at));
            Fill(name, part.bytes);
        }
        return tensor;
    }

    private void Fill(string name, Span<byte> bytes)
    {
        try
        {
            file.ReadExactly(bytes);
        }
        catch (EndOfStreamException shorter)
        {
            throw new SafetensorsException(path, $"became shorter while '{name}' was read.", shorter);
        }
    }

    private Entry Find(string name) => entries.TryGetValue(name, out var entry) ? entry : throw new SafetensorsException(path, $"has no tensor '{name}'.");

    private long ReadHeader()
    {
        Span<byte> start = stackalloc byte[8];
        if (file.Length < 8)
            throw Wrong($"is {file.Length} bytes; even an empty one has 8 and a header.");
        file.ReadExactly(start);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > MaxHeader || (long)length > file.Length - 8)
            throw Wrong($"claims a header of {length} bytes; the file has {file.Length - 8} after the length.");
        var header = new byte[(int)length];
        file.ReadExactly(header);
        if (header.Length == 0 || header[0] != (byte)'{')
            throw Wrong("has a header that does not begin with '{'.");
        try
        {
            using var json = JsonDocument.Parse(Strict.GetString(header), new JsonDocumentOptions { MaxDepth = 8 });
            ReadEntries(json.RootElement, file.Length - 8 - (long)length);
        }
        catch (DecoderFallbackException broken)
        {
            throw new SafetensorsException(path, $"has a header that is not UTF-8: {broken.Message}", broken);
        }
        catch (InvalidOperationException broken)
        {
            throw new SafetensorsException(path, $"has a header with a text that is not Unicode: {broken.Message}", broken);
        }
        catch (JsonException broken)
        {
            throw new SafetensorsException(path, $"has a header that is not JSON: {broken.Message}", broken);
        }
        return 8 + (long)length;
    }

    private void ReadEntries(JsonElement root, long dataLength)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
        {
            if (!names.Add(property.Name))
                throw Wrong($"names '{property.Name}' twice.");
            if (property.Name == "__metadata__")
                ReadMetadata(property.Value);
            else
                entries[property.Name] = ReadEntry(property.Name, property.Value, dataLength);
        }
        long at = 0;
        foreach (var (name, entry) in entries.OrderBy(e => e.Value.Begin).ThenBy(e => e.Value.End))
        {
            if (entry.Begin != at)
                throw Wrong($"has a gap or an overlap before '{name}': it begins at {entry.Begin}, {at} was expected.");
            at = entry.End;
        }
        if (at != dataLength)
            throw Wrong($"has {dataLength} bytes of data; its tensors take {at}.");
    }

    private void ReadMetadata(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Any(p => p.Value.ValueKind != JsonValueKind.String))
            throw Wrong("has __metadata__ that is not a map of texts.");
        if (value.EnumerateObject().GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw Wrong($"has __metadata__ with '{twice.Key}' twice.");
        Metadata = value.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
    }

    private Entry ReadEntry(string name, JsonElement value, long dataLength)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array
            || !value.TryGetProperty("data_offsets", out var offsets) || offsets.ValueKind != JsonValueKind.Array || offsets.GetArrayLength() != 2)
            throw Wrong($"describes '{name}' without dtype, shape or two data_offsets.");
        if (value.EnumerateObject().GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw Wrong($"describes '{name}' with '{twice.Key}' twice.");
        var (type, width) = SafetensorsTypes.Of(dtype.GetString()!) ?? throw Wrong($"holds '{name}' as {dtype.GetString()}; {SafetensorsTypes.Known} can be read.");
        var dims = shape.EnumerateArray().Select(d => Whole(name, d)).ToArray();
        var (begin, end) = (Whole(name, offsets[0]), Whole(name, offsets[1]));
        long size = width;
        try
        {
            foreach (var dim in dims)
                size = checked(size * dim);
        }
        catch (OverflowException)
        {
            throw Wrong($"claims an impossible shape [{string.Join(", ", dims)}] of '{name}'.");
        }
        if (begin > end || end > dataLength || end - begin != size)
            throw Wrong($"places '{name}' at {begin} to {end}; its shape [{string.Join(", ", dims)}] takes {size} bytes, and the file has {dataLength}.");
        return new Entry(dtype.GetString()!, type, dims, begin, end);
    }

    private long Whole(string name, JsonElement number) => number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out var whole) && whole >= 0
        ? whole
        : throw Wrong($"describes '{name}' with '{number}' where a whole number from 0 stands.");

    private SafetensorsException Wrong(string problem) => new(path, problem);

    public void Dispose() => file.Dispose();
}
