using System.Globalization;
using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary><c>metrics.jsonl</c>: a line <c>{"name":"loss","step":3,"value":0.61}</c> a point; NaN and infinities stand as texts.</summary>
internal sealed class MetricLog(string file) : IDisposable
{
    private readonly Lock gate = new();
    private StreamWriter? writer;

    public void Add(string name, long step, double value)
    {
        var number = double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : $"\"{value.ToString(CultureInfo.InvariantCulture)}\"";
        lock (gate)
            (writer ??= new StreamWriter(file)).WriteLine($"{{\"name\":{JsonSerializer.Serialize(name)},\"step\":{step},\"value\":{number}}}");
    }

    /// <summary>The points of a file, in its order.</summary>
    /// <exception cref="StageException">A line is damaged.</exception>
    public static IEnumerable<MetricPoint> Read(string file)
    {
        var number = 0;
        foreach (var line in File.ReadLines(file))
        {
            number++;
            MetricPoint point;
            try
            {
                point = Parse(line);
            }
            catch (Exception damaged) when (damaged is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
            {
                throw new StageException($"{file} is damaged in line {number}: {damaged.Message.TrimEnd('.')}. Delete its artifact's folder, and it is made anew.", damaged);
            }
            yield return point;
        }
    }

    private static MetricPoint Parse(string line)
    {
        using var json = JsonDocument.Parse(line);
        var value = json.RootElement.GetProperty("value");
        return new MetricPoint(
            json.RootElement.GetProperty("name").GetString()!,
            json.RootElement.GetProperty("step").GetInt64(),
            value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.Parse(value.GetString()!, CultureInfo.InvariantCulture));
    }

    public void Dispose() => writer?.Dispose();
}
