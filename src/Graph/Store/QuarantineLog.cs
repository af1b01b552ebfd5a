using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary><c>quarantine.jsonl</c>: a row that was put aside, with the stage, the reason, its place and all its cells.</summary>
internal sealed class QuarantineLog(string file) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
    private readonly Lock gate = new();
    private StreamWriter? writer;

    public long Count { get; private set; }

    /// <summary>Why the first row was put aside.</summary>
    public string? First { get; private set; }

    /// <summary>A row as a line of the file.</summary>
    /// <param name="row">Its place in the batch.</param>
    public static string Line(string stage, Batch batch, int row, string reason)
    {
        var cells = batch.Columns.ToDictionary(c => c.Name, c => batch.Values(c).GetValue(row));
        return JsonSerializer.Serialize(new { stage, reason, batch = batch.Number, row, cells }, Json);
    }

    /// <returns>How many there are now.</returns>
    public long Add(string line)
    {
        lock (gate)
        {
            (writer ??= new StreamWriter(file)).WriteLine(line);
            First ??= Reason(line);
            return ++Count;
        }
    }

    public void Dispose() => writer?.Dispose();

    private static string Reason(string line)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("reason").GetString()!;
    }
}
