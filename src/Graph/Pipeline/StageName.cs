using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>A stage's name in its parts: <c>round[2].policy</c> is (round, 2) and (policy, none).</summary>
/// <param name="Parts">From the outside in; an item is what stands in brackets.</param>
internal sealed record StageName(IReadOnlyList<StageName.Part> Parts)
{
    internal readonly record struct Part(string Key, string? Item);

    /// <summary>As the file has it: <c>round.policy</c>, <c>voter</c>.</summary>
    public string Written => string.Join('.', Parts.Select(p => p.Key));

    /// <summary>The parts of a name or of a pattern; null where brackets do not fit or a part has no letters.</summary>
    public static StageName? Parse(string text)
    {
        var parts = new List<Part>();
        for (var at = 0; ;)
        {
            var end = text.IndexOfAny(['.', '['], at);
            var key = text[at..(end < 0 ? text.Length : end)];
            if (key.Length == 0 || key.Contains(']'))
                return null;
            if (end >= 0 && text[end] == '[')
            {
                var close = text.IndexOf(']', end);
                if (close < 0)
                    return null;
                parts.Add(new Part(key, text[(end + 1)..close]));
                end = close + 1;
                if (end == text.Length)
                    return new StageName(parts);
                if (text[end] != '.')
                    return null;
            }
            else
            {
                parts.Add(new Part(key, null));
                if (end < 0)
                    return new StageName(parts);
            }
            at = end + 1;
        }
    }

    /// <summary>Whether a name is meant by this pattern, which may end before it: <c>round[2]</c> means all of the round.</summary>
    /// <param name="name">Of a stage.</param>
    /// <param name="last">The last item of the pattern's part at a place, for <c>[last]</c>.</param>
    public bool Means(StageName name, Func<int, string?> last)
    {
        if (Parts.Count > name.Parts.Count)
            return false;
        for (var i = 0; i < Parts.Count; i++)
            if (Parts[i].Key != name.Parts[i].Key || !Holds(Parts[i].Item, name.Parts[i].Item, () => last(i)))
                return false;
        return true;
    }

    private static bool Holds(string? pattern, string? item, Func<string?> last)
    {
        if (pattern is null || pattern == item)
            return true;
        if (item is null)
            return false;
        return pattern == "*"
            || (pattern == "last" && last() == item)
            || pattern.Split(',').Any(one => one.Trim() == item || InRange(one, item));
    }

    private static bool InRange(string range, string item)
    {
        var ends = range.Split("..");
        return ends.Length == 2 && Number(ends[0]) is { } from && Number(ends[1]) is { } to && Number(item) is { } number && from <= number && number <= to;
    }

    internal static int? Number(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
