using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>Prints every mistake of a file: place, where, what was given and possible, the line itself, what to write instead. Warnings come first.</summary>
internal static class MistakePrinter
{
    private const int MostMistakes = 100;
    private const int LongestText = 2_000;
    private const int LongestExcerpt = 100;
    private const int Before = 50;

    /// <summary>Prints a file's warnings and mistakes; nothing where it has none.</summary>
    public static void Print(PipelineFile file, TextWriter to)
    {
        foreach (var warning in file.Warnings.Take(MostMistakes))
            to.WriteLine($"{Shown(warning.File ?? file.Path)}:{warning.Line}:{warning.Column}  warning  {Shown(warning.Where)}: {Shown(warning.Text)}");
        var count = file.Mistakes.Count;
        if (count == 0)
            return;
        to.WriteLine($"{Shown(file.Path)} has {count} mistake{(count == 1 ? "" : "s")}. Nothing was run.");
        to.WriteLine();
        string? last = null;
        foreach (var mistake in file.Mistakes.Take(MostMistakes))
        {
            if (mistake.File is { } other && other != last)
                to.WriteLine($"  in {Shown(last = other)}");
            Print(mistake, to);
        }
        if (count > MostMistakes)
            to.WriteLine($"  … and {count - MostMistakes:N0} more.");
    }

    private static void Print(Mistake mistake, TextWriter to)
    {
        to.WriteLine($"  {(mistake.Line > 0 ? mistake.Line + ":" + mistake.Column : ""),-7} {Shown(mistake.Where)}");
        to.WriteLine($"          {Shown(mistake.Text)}");
        if (mistake.Excerpt is { } line && !string.IsNullOrWhiteSpace(line))
        {
            // A long line is shown around the place.
            var column = Math.Clamp(mistake.Column - 1, 0, line.Length);
            var from = line.Length <= LongestExcerpt ? line.Length - line.TrimStart().Length : Math.Max(0, column - Before);
            from = Math.Min(from, column);
            var part = line.Substring(from, Math.Min(LongestExcerpt, line.Length - from)).TrimEnd();
            var (left, right) = (from > 0 && line.Length > LongestExcerpt ? "…" : "", from + LongestExcerpt < line.Length ? "…" : "");
            to.WriteLine($"            {left}{Shown(part)}{right}");
            to.WriteLine($"            {new string(' ', left.Length + column - from)}^");
        }
        if (mistake.Write is not null)
            to.WriteLine($"          write:  {Shown(mistake.Write)}");
    }

    /// <summary>A text of the file as a terminal may see it: no control codes, and not without end.</summary>
    private static string Shown(string text)
    {
        var shown = string.Concat(text.Take(LongestText).Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') ? '\uFFFD' : c));
        return text.Length > LongestText ? shown + "…" : shown;
    }
}
