using System.Text.Json;
using System.Text.Unicode;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>The rows of a JSON Lines file, plain or packed. Blank lines are passed over; a line that is no JSON object is a row with a problem.</summary>
internal static class JsonLines
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <param name="onRead">Told before each row what share of the file is behind it; of a packed one, as it lies on the disk.</param>
    /// <exception cref="StageException">The file cannot be read, or its first row is in no form that is taken.</exception>
    public static async IAsyncEnumerable<SourceRow> Read(string path, Action<string, IReadOnlyCollection<string>> require, IStageRun run, Action<double> onRead)
    {
        var name = Path.GetFileName(path);
        await using var file = Open(path);
        await using var bytes = Unpacked(path, file);
        var whole = Math.Max(1, file.Length);
        var lines = new LineReader(bytes, path);
        var seen = false;
        while (await lines.NextAsync(run.Stopping) is { } line)
        {
            run.Stopping.ThrowIfCancellationRequested();
            if (line.Span.Trim(" \t\r"u8).IsEmpty)
                continue;
            var row = Parse(line, $"{name}:{lines.Number}");
            if (!seen && row.Values is { } values)
            {
                seen = true;
                require(path, [.. values.Keys]);
            }
            onRead((double)(file.Position - (bytes == file ? lines.Held : 0)) / whole);
            yield return row;
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            if (PlainFile.Problem(path) is { } problem)
                throw new IOException($"it {problem}.");
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StageException($"{path}: cannot be opened: {e.Message}", e);
        }
    }

    private static Stream Unpacked(string path, FileStream file)
    {
        try
        {
            return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new WholeGzip(file)
                : path.EndsWith(".zst", StringComparison.OrdinalIgnoreCase) ? new ZstdStream(file)
                : file;
        }
        catch (InvalidDataException e)
        {
            throw new StageException($"{path}: cannot be opened: {e.Message}", e);
        }
    }

    private static SourceRow Parse(ReadOnlyMemory<byte> line, string place)
    {
        if (!Utf8.IsValid(line.Span))
            return new SourceRow(place, null, "the line is not UTF-8");
        try
        {
            using var document = JsonDocument.Parse(line, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new SourceRow(place, (IReadOnlyDictionary<string, object?>)Value(document.RootElement)!)
                : new SourceRow(place, null, "the line is no JSON object");
        }
        catch (JsonException e)
        {
            return new SourceRow(place, null, $"the line is not JSON: {e.Message}");
        }
        catch (InvalidOperationException)
        {
            return new SourceRow(place, null, "a text of the line is half a surrogate pair (\\ud800 … \\udfff), which is no character");
        }
    }

    private static object? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => element.TryGetInt64(out var whole) ? (object)whole : element.GetDouble(),
        JsonValueKind.Array => element.EnumerateArray().Select(Value).ToList(),
        JsonValueKind.Object => Members(element),
        _ => null,
    };

    private static Dictionary<string, object?> Members(JsonElement element)
    {
        var members = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
            members[property.Name] = Value(property.Value);
        return members;
    }
}
