using System.Globalization;
using System.Text.RegularExpressions;

namespace DataflowRlhf.Graph;

/// <summary>Counts reasons; those that differ in their numbers alone are one, told with the range of each: <c>has 25 to 39 tokens</c>.</summary>
public sealed partial class ReasonTally
{
    private const int MostKinds = 1_000; // Of those alone that a damaged file or an odd stage brings there may be more.
    private readonly Dictionary<string, Kind> kinds = new(StringComparer.Ordinal);

    public void Add(string reason)
    {
        var numbers = Number().Matches(reason);
        var words = Number().Replace(reason, "\0");
        if (!kinds.TryGetValue(words, out var kind))
        {
            if (kinds.Count == MostKinds)
                return;
            kinds[words] = kind = new Kind([.. numbers.Select(n => n.Value)], [.. numbers.Select(n => n.Value)]);
        }
        kind.Rows++;
        for (var i = 0; i < numbers.Count; i++)
        {
            var number = numbers[i].Value;
            if (Value(number) < Value(kind.Least[i]))
                kind.Least[i] = number;
            if (Value(number) > Value(kind.Most[i]))
                kind.Most[i] = number;
        }
    }

    /// <summary>The most frequent first.</summary>
    public IEnumerable<(string Reason, long Rows)> Counts =>
        kinds.Select(k => (Text(k.Key, k.Value), k.Value.Rows)).OrderByDescending(k => k.Rows).ThenBy(k => k.Item1, StringComparer.Ordinal);

    private static string Text(string words, Kind kind)
    {
        var parts = words.Split('\0');
        return parts[0] + string.Concat(parts.Skip(1).Select((part, i) => (kind.Least[i] == kind.Most[i] ? kind.Least[i] : $"{kind.Least[i]} to {kind.Most[i]}") + part));
    }

    private static double Value(string number) => double.Parse(number, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"[0-9]+(?:\.[0-9]+)?")]
    private static partial Regex Number();

    private sealed class Kind(string[] least, string[] most)
    {
        public string[] Least { get; } = least;
        public string[] Most { get; } = most;
        public long Rows { get; set; }
    }
}
