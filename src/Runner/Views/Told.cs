using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataflowRlhf.Runner.Views;

/// <summary>How times, keys, numbers and JSON are written for people and machines.</summary>
internal static class Told
{
    private const int KeyLetters = 12;

    /// <summary>One JSON value, texts as they are and control characters escaped; NaN and infinities as texts.</summary>
    public static readonly JsonSerializerOptions Line = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    public static readonly JsonSerializerOptions Indented = new(Line) { WriteIndented = true };

    /// <summary>A point in time, UTC, to the minute.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC";

    /// <summary>How long something took: seconds with one place, then minutes, then hours.</summary>
    public static string Span(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{(seconds < 100 ? seconds : seconds < 6000 ? seconds / 60 : seconds / 3600):0.0} {(seconds < 100 ? "s" : seconds < 6000 ? "min" : "h")}");

    /// <summary>What a stage has behind it when it goes on: <c>goes on behind 40 of 100 steps</c>.</summary>
    public static string Resumed(long done, long? total, string unit) => $"goes on behind {done:N0}{(total is null ? "" : $" of {total:N0}")} {unit}";

    /// <summary>What a run does that was asked to stop.</summary>
    public const string Stopping = "each stage finishes its batch or step, and what there is is kept; Ctrl-C again ends at once";

    /// <summary>Minutes and seconds, with hours where there are any: <c>1:02:03</c>.</summary>
    public static string Clock(TimeSpan time) => $"{(time.TotalHours < 1 ? "" : $"{(int)time.TotalHours}:")}{time.ToString(time.TotalHours < 1 ? "m\\:ss" : "mm\\:ss", null)}";

    /// <summary>So many of a thing: <c>1 artifact</c>, <c>1,200 artifacts</c>.</summary>
    public static string Count(long count, string thing) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {thing}{(count == 1 ? "" : "s")}");

    /// <summary>The beginning of a key or digest: enough to name it.</summary>
    public static string Short(string? key) => key is null ? "" : key.Length > KeyLetters ? key[..KeyLetters] : key;

    /// <summary>A measured value to four figures.</summary>
    public static string Number(double value) => value.ToString(Math.Abs(value) is >= 1e6 or (> 0 and < 1e-4) ? "0.###e+0" : Math.Abs(value) >= 1000 ? "0" : "G4", CultureInfo.InvariantCulture);

    /// <summary>A cell as a line of bounded length.</summary>
    /// <param name="most">No more letters; 0: all.</param>
    public static string Cell(object? value, int most)
    {
        var text = JsonSerializer.Serialize(value, Line);
        return most > 0 && text.Length > most ? $"{text[..most]}… ({text.Length:N0} letters)" : text;
    }

    /// <summary>An option's value as a pipeline file has it: a JSON text without its quotes and escapes.</summary>
    public static string Option(string json) => json is ['"', ..] ? Plain(JsonSerializer.Deserialize<string>(json)!) : json;

    /// <summary>A text of others on one line, without control characters.</summary>
    public static string Plain(string text) => new([.. text.Select(c => char.IsControl(c) ? ' ' : c)]);
}
