using YamlDotNet.Core;

namespace DataflowRlhf.Graph;

/// <summary>What a parser's complaint means to somebody who writes a pipeline: the usual slips, each with its remedy.</summary>
internal static class YamlHints
{
    private const int MostLines = 20;

    public static Mistake Of(YamlException broken, string text)
    {
        var (line, column) = (Math.Max(1, (int)broken.Start.Line), Math.Max(1, (int)broken.Start.Column));
        if (broken is YamlTree.BoundException)
            return new Mistake(line, column, "file", broken.Message);
        var said = $"is not YAML here: {broken.Message}";
        var lines = text.Split('\n');
        if (broken.Message.Contains("tab", StringComparison.Ordinal) && Array.FindIndex(lines, line - 1, IsTabbed) is >= 0 and var tabbed && Hint(lines[tabbed].TrimEnd('\r')) is var (place, tab, spaces))
            return new Mistake(tabbed + 1, place, "file", tab, spaces);
        var last = Math.Clamp((int)broken.End.Line + 1, line, line + MostLines);
        for (var near = last; near >= Math.Max(1, line - 1); near--)
            if (near <= lines.Length && Hint(lines[near - 1].TrimEnd('\r')) is var (at, problem, write))
                return new Mistake(near, at, "file", problem, write);
        return new Mistake(line, column, "file", said);
    }

    private static bool IsTabbed(string line) => line.TrimStart(' ').StartsWith('\t') && line.Trim().Length > 0;

    private static (int Column, string Problem, string? Write)? Hint(string line)
    {
        var indent = line.Length - line.TrimStart().Length;
        if (line[..indent].IndexOf('\t') is >= 0 and var tab)
            return (tab + 1, "a line starts with a tab; YAML is indented with spaces.", new string(' ', 2) + Cut(line.TrimStart()));
        var colon = line.IndexOf(": ", StringComparison.Ordinal);
        if (colon < 0)
            return null;
        var value = line[(colon + 2)..].TrimStart();
        var column = line.Length - value.Length + 1;
        if (value is ['>', '=' or ' ', ..] or ['<', '=', ..] && value.Any(char.IsAsciiDigit))
            return (column, "a value that starts with a sign stands in quotes.", $"{line[indent..colon]}: \"{Cut(value)}\"");
        if (value is ['*' or '&' or '%' or '@' or '`' or '!', ..])
            return (column, $"a value that starts with '{value[0]}' stands in quotes; a pipeline file has no tags, anchors or aliases.", $"{line[indent..colon]}: \"{Cut(value)}\"");
        if (value is ['$', '{', ..] or ['"', '"', ..])
            return null;
        return value.Contains(": ", StringComparison.Ordinal) && value is not ['{' or '[' or '"' or '\'', ..]
            ? (column, "a value with ': ' in it stands in quotes.", $"{line[indent..colon]}: \"{Cut(value)}\"")
            : null;
    }

    private static string Cut(string text) => text.Length > 60 ? text[..60] + "…" : text;
}
