using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Unicode's normalization form C: Unicode Standard Annex 15.</summary>
public static class CanonicalComposition
{
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28;

    /// <summary>The text in form C, such as é in one character; the same string where nothing changes.</summary>
    public static string Compose(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\u0300', '\uFFFF'))
            return text;
        var composed = new StringBuilder(text.Length);
        Span<char> utf16 = stackalloc char[2];
        foreach (var (point, _) in Points(text))
            composed.Append(utf16[..new Rune(point).EncodeToUtf16(utf16)]);
        return composed.Equals(text) ? text : composed.ToString();
    }

    /// <summary>Form C as changes to the text: 0 where a character takes the place of one, -n where it takes n more, 1 where it is new.</summary>
    internal static IEnumerable<(Rune Rune, int Change)> Changes(string text) => Points(text).Select(p => (new Rune(p.Point), p.Change));

    private static List<(int Point, int Change)> Points(string text)
    {
        var points = new List<(int Point, int Change)>(text.Length);
        foreach (var rune in text.EnumerateRunes())
            Decompose(rune.Value, 0, points);
        Order(points);
        Compose(points);
        return points;
    }

    private static void Decompose(int point, int change, List<(int Point, int Change)> points)
    {
        var syllable = point - SBase;
        if (syllable is >= 0 and < LCount * VCount * TCount)
        {
            points.Add((LBase + syllable / (VCount * TCount), change));
            points.Add((VBase + syllable % (VCount * TCount) / TCount, 1));
            if (syllable % TCount > 0)
                points.Add((TBase + syllable % TCount, 1));
            return;
        }
        if (!CompositionData.Decomposition.TryGetValue(point, out var parts))
        {
            points.Add((point, change));
            return;
        }
        Decompose(parts.First, change, points);
        if (parts.Second != 0)
            Decompose(parts.Second, 1, points);
    }

    /// <summary>Sorts each run of combining marks by class; equal classes keep their order.</summary>
    private static void Order(List<(int Point, int Change)> points)
    {
        for (var i = 0; i < points.Count;)
        {
            if (Class(points[i].Point) == 0)
            {
                i++;
                continue;
            }
            var end = i + 1;
            while (end < points.Count && Class(points[end].Point) != 0)
                end++;
            if (end - i > 1)
            {
                var sorted = points.GetRange(i, end - i).OrderBy(p => Class(p.Point)).ToList();
                for (var k = 0; k < sorted.Count; k++)
                    points[i + k] = sorted[k];
            }
            i = end;
        }
    }

    private static void Compose(List<(int Point, int Change)> points)
    {
        var starter = -1;
        var lastClass = -1;
        var count = 0;
        for (var i = 0; i < points.Count; i++)
        {
            var (point, change) = points[i];
            var combining = Class(point);
            if (starter >= 0 && lastClass < combining && TryCompose(points[starter].Point, point, out var composed))
            {
                points[starter] = (composed, points[starter].Change + change - 1);
                continue;
            }
            if (combining == 0)
                (starter, lastClass) = (count, -1);
            else
                lastClass = combining;
            points[count++] = (point, change);
        }
        points.RemoveRange(count, points.Count - count);
    }

    private static bool TryCompose(int first, int second, out int composed)
    {
        var (l, v, t) = (first - LBase, second - VBase, second - TBase);
        if (l is >= 0 and < LCount && v is >= 0 and < VCount)
        {
            composed = SBase + (l * VCount + v) * TCount;
            return true;
        }
        if (first - SBase is >= 0 and < LCount * VCount * TCount && (first - SBase) % TCount == 0 && t is > 0 and < TCount)
        {
            composed = first + t;
            return true;
        }
        return CompositionData.Composition.TryGetValue((first, second), out composed);
    }

    private static int Class(int point) => point < 0x300 ? 0 : CompositionData.CombiningClass.GetValueOrDefault(point);
}
