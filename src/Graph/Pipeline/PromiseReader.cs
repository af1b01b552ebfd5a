using System.Globalization;
using System.Text.RegularExpressions;

namespace DataflowRlhf.Graph;

/// <summary>Reads <c>promises</c>: a list such as <c>[rows >= 1000, loss.last &lt; 0.7]</c>, or a map such as <c>{ rows: ">= 1000" }</c>.</summary>
internal sealed partial class PromiseReader(StageEntry entry, EntryMistakes mistakes, bool leavesRows, bool seesRows)
{
    internal const string Pattern = @"^\s*[^\s<>=!]+\s*(>=|<=|==|>|<)\s*[+-]?([0-9][0-9_]*\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$";
    private const string Example = "promises: [rows >= 1000]";
    private const string Counts = "rows, quarantined, seconds";

    [GeneratedRegex(@"^\s*(?<of>[^<>=!≤≥≠]*?)\s*(?<op>>=|<=|==|>|<|=>|=<|=|!=|≤|≥|≠)\s*(?<bound>[^<>=!≤≥≠]*?)\s*$")]
    private static partial Regex Parts();

    public IReadOnlyList<Promise> Read(YamlItem given)
    {
        var promises = new List<Promise>();
        foreach (var (at, text) in Texts(given))
        {
            if (Parse(at, text) is not { } promise)
                continue;
            if (promises.FirstOrDefault(p => p.Of == promise.Of && !CanBoth(p, promise)) is { } other)
                mistakes.Add(at, entry, "promises", $"'{promise}' cannot hold together with '{other}'.");
            else if (!promises.Contains(promise))
                promises.Add(promise);
        }
        return promises;
    }

    private IEnumerable<(YamlItem At, string Text)> Texts(YamlItem given)
    {
        if (given is YamlText one)
            return [(one, one.Value)];
        if (given is YamlMap map)
            return map.Entries.SelectMany(e => (e.Value is YamlList several ? several.Items : [e.Value]).Select(i => (i, i is YamlText text ? $"{e.Key.Value} {text.Value}" : "")));
        return ((YamlList)given).Items.Select(i => (i, (i as YamlText)?.Value ?? ""));
    }

    private Promise? Parse(YamlItem at, string text)
    {
        Promise? Refuse(string problem, string? write = null)
        {
            mistakes.Add(at, entry, "promises", problem, write ?? Example);
            return null;
        }
        if (text.Length == 0)
            return Refuse("a promise is a text: a name, a sign and a number.");
        var match = text.Length <= 500 ? Parts().Match(text) : Match.Empty;
        if (!match.Success)
            return text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var name, var lone] && Number(lone) is not null
                ? Refuse($"'{text}' has no sign; {Signs} are possible.", $"{name} >= {lone}")
                : Refuse($"'{text}' is not a name, a sign ({Signs}) and a number.");
        var (of, sign, bound) = (match.Groups["of"].Value, match.Groups["op"].Value, match.Groups["bound"].Value);
        if (Number(of) is not null && Number(bound) is null && bound.Length > 0)
            return Refuse($"'{text}' has the number first; the name comes first.", $"{bound} {Mirrored(sign)} {of}");
        if (!Promise.Operators.Contains(sign))
            return Refuse($"'{sign}' is not a sign that a promise can have ({Signs}).", Meant(sign) is { } meant ? $"{of} {meant} {bound}" : null);
        if (of.Length == 0 || of.Any(char.IsWhiteSpace))
            return Refuse($"'{of}' does not name one thing: {Counts}, a key of the summary such as accuracy, or a curve such as loss.last.");
        if (bound is [.. var number, '%'] && Number(number) is { } percent)
            return Refuse($"'{bound}' is a percentage; a promise compares with the number itself.", $"{of} {sign} {(percent / 100).ToString("R", CultureInfo.InvariantCulture)}");
        if (Number(bound) is not { } value)
            return Refuse($"'{bound}' is not a finite number.", $"{of} {sign} 1000");
        if (of == "rows" && !leavesRows)
            return Refuse("this stage leaves no rows; seconds, a key of its summary or a curve such as loss.last can be promised.", "promises: [loss.last < 0.7]");
        if (of == "quarantined" && !seesRows)
            return Refuse("this stage has no rows to put aside; seconds, a key of its summary or a curve can be promised.", "promises: [seconds < 3600]");
        var promise = new Promise(of, sign, value);
        return of is "rows" or "quarantined" or "seconds" && (sign is "<" && value <= 0 || sign is "<=" or "==" && value < 0)
            ? Refuse($"'{promise}' can never hold: {of} is never below 0.", $"{of} >= 0")
            : promise;
    }

    private static string Signs => string.Join("  ", Promise.Operators);

    private static double? Number(string text) =>
        double.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;

    private static string Mirrored(string sign) => sign switch { ">=" or "=>" or "≥" => "<=", "<=" or "=<" or "≤" => ">=", ">" => "<", "<" => ">", _ => "==" };

    private static string? Meant(string sign) => sign switch { "=>" or "≥" => ">=", "=<" or "≤" => "<=", "=" => "==", _ => null };

    /// <summary>Whether some number satisfies both: their ends and what lies between are tried.</summary>
    private static bool CanBoth(Promise a, Promise b) =>
        ((double[])[a.Bound, b.Bound, a.Bound / 2 + b.Bound / 2, Math.Max(a.Bound, b.Bound) + 1, Math.Min(a.Bound, b.Bound) - 1]).Any(v => a.Holds(v) && b.Holds(v));
}
