using System.Text.RegularExpressions;

namespace DataflowRlhf.Graph;

/// <summary>One mistake of a pipeline file, or a warning about it.</summary>
/// <param name="Line">From 1; 0 where it is in no file, but in what was set by hand.</param>
/// <param name="Column">From 1; 0 as the line.</param>
/// <param name="Where"><c>relabel.with</c>.</param>
/// <param name="Text">What was given and what was possible.</param>
/// <param name="Write">What to write instead, or null.</param>
public sealed partial record Mistake(int Line, int Column, string Where, string Text, string? Write = null)
{
    private const int LongestName = 120;
    private const int LongestText = 1_000;
    private const int Kept = 60;

    /// <summary>This, long values cut: a file's own text may be megabytes.</summary>
    internal Mistake Cut() => this with { Where = Short(Where, LongestName), Text = Short(LongQuote().Replace(Text, q => $"'{q.Value[1..Kept]}…'"), LongestText), Write = Write is null ? null : Short(Write, LongestText) };

    private static string Short(string text, int most) => text.Length <= most ? text : $"{text[..(most - Kept)]}…{text[^(Kept - 1)..]}";

    [GeneratedRegex("'[^']{200,}'")]
    private static partial Regex LongQuote();

    /// <summary>The file it is in; null: the pipeline file itself.</summary>
    public string? File { get; init; }

    /// <summary>That line of the file, as it is written; null where there is none.</summary>
    public string? Excerpt { get; init; }
}
