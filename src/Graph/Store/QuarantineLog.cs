using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary><c>quarantine.jsonl</c>: a row that was put aside, with the reason, its place and all its cells.</summary>
internal sealed class QuarantineLog(string file) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
    private readonly Lock gate = new();
    private StreamWriter? writer;

    public long Count { get; private set; }

    /// <summary>Why the first row was put aside.</summary>
    public string? First { get; private set; }

    public void Add(Batch batch, int row, string reason)
    {
        var cells = batch.Columns.ToDictionary(c => c.Name, c => batch.Values(c).GetValue(row));
        var line = JsonSerializer.Serialize(new { reason, batch = batch.Number, row, cells }, Json);
        lock (gate)
        {
            (writer ??= new StreamWriter(file)).WriteLine(line);
            Count++;
            First ??= reason;
        }
    }

    public void Dispose() => writer?.Dispose();
}
