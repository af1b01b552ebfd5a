using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>Lengths of time as a pipeline file writes them: <c>90s</c>, <c>30m</c>, <c>2h</c>, <c>1d</c>, <c>1h30m</c>, <c>500ms</c>.</summary>
public static class Duration
{
    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];

    /// <summary>The units in words, for messages.</summary>
    internal const string Possible = "a length of time: 500ms, 90s, 30m, 2h, 1d or 1h30m";

    /// <summary>The time that a text says, or null. A number without a unit says nothing; units stand from the largest to the smallest, each once.</summary>
    public static TimeSpan? Parse(string text)
    {
        var left = text.AsSpan().Trim();
        if (left.IsEmpty || left.Length > 64)
            return null;
        var (seconds, smallest) = (0d, double.PositiveInfinity);
        while (!left.IsEmpty)
        {
            var digits = left.IndexOfAnyExcept("0123456789.");
            if (digits <= 0 || !double.TryParse(left[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
                return null;
            left = left[digits..];
            var letters = left.IndexOfAny("0123456789. ");
            var unit = (letters < 0 ? left : left[..letters]).ToString();
            var (name, size) = Units.FirstOrDefault(u => u.Unit == unit);
            if (name is null || size >= smallest)
                return null;
            (seconds, smallest) = (seconds + count * size, size);
            left = letters < 0 ? [] : left[letters..].TrimStart();
        }
        return seconds <= TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary>As it is written: <c>1h30m</c>.</summary>
    public static string Text(TimeSpan time)
    {
        var text = "";
        var left = time.TotalSeconds;
        foreach (var (unit, size) in Units.Reverse())
        {
            var count = size < 1 ? Math.Round(left / size) : Math.Floor(left / size + 1e-9);
            if (count <= 0)
                continue;
            text += count.ToString("0", CultureInfo.InvariantCulture) + unit;
            left -= count * size;
        }
        return text.Length == 0 ? "0s" : text;
    }
}
