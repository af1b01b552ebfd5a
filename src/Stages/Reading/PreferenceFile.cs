using System.IO.Compression;
using System.Text.Json;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>The rows of one file.</summary>
internal static class PreferenceFile
{
    public const string KnownEndings = ".parquet, .jsonl and .jsonl.gz";

    public static bool IsKnown(string path)
        => path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase)
        || path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase)
        || path.EndsWith(".jsonl.gz", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="StageException">The file cannot be read, or holds no preference pairs at all.</exception>
    public static IAsyncEnumerable<SourceRow> Rows(string path, IStageRun run)
        => path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) ? ParquetRows.Read(path, run) : JsonLines(path, run);

    private static async IAsyncEnumerable<SourceRow> JsonLines(string path, IStageRun run)
    {
        var name = Path.GetFileName(path);
        await using var file = Open(path);
        await using var bytes = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        using var reader = new StreamReader(bytes, bufferSize: 1 << 16);
        var seen = false;
        for (var line = 1; ; line++)
        {
            var text = await LineAsync(reader, path, run.Stopping);
            if (text is null)
                yield break;
            if (string.IsNullOrWhiteSpace(text))
                continue;
            var row = Parse(text, $"{name}:{line}");
            if (!seen && row.Values is { } values)
            {
                seen = true;
                RequireColumns(path, values.Keys);
            }
            yield return row;
        }
    }

    /// <exception cref="StageException">There is no pair among the columns.</exception>
    public static void RequireColumns(string path, IEnumerable<string> columns)
    {
        var names = columns.ToList();
        if (!names.Contains(Columns.Chosen.Name) || !names.Contains(Columns.Rejected.Name))
            throw new StageException($"{path}: a preference pair needs the columns chosen and rejected (and prompt, where they are not whole dialogues); this file has {string.Join(", ", names.Take(12))}.");
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StageException($"{path}: cannot be opened: {e.Message}", e);
        }
    }

    private static async Task<string?> LineAsync(StreamReader reader, string path, CancellationToken stopping)
    {
        try
        {
            return await reader.ReadLineAsync(stopping);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new StageException($"{path}: cannot be read to its end: {e.Message}", e);
        }
    }

    private static SourceRow Parse(string line, string place)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new SourceRow(place, (IReadOnlyDictionary<string, object?>)Value(document.RootElement)!)
                : new SourceRow(place, null, "the line is no JSON object");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new SourceRow(place, null, $"the line is not JSON: {e.Message}");
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
