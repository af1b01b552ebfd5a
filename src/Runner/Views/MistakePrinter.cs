using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>Prints every mistake of a file: place, where, what was given and possible, what to write instead.</summary>
internal static class MistakePrinter
{
    private const int MostMistakes = 100;
    private const int LongestText = 2_000;

    public static void Print(PipelineFile file, TextWriter to)
    {
        var count = file.Mistakes.Count;
        to.WriteLine($"{file.Path} has {count} mistake{(count == 1 ? "" : "s")}. Nothing was run.");
        to.WriteLine();
        foreach (var mistake in file.Mistakes.Take(MostMistakes))
        {
            to.WriteLine($"  {mistake.Line + ":" + mistake.Column,-7} {Shown(mistake.Where)}");
            to.WriteLine($"          {Shown(mistake.Text)}");
            if (mistake.Write is not null)
                to.WriteLine($"          write:  {Shown(mistake.Write)}");
        }
        if (count > MostMistakes)
            to.WriteLine($"  … and {count - MostMistakes:N0} more.");
    }

    /// <summary>A text of the file as a terminal may see it: no control codes, and not without end.</summary>
    private static string Shown(string text)
    {
        var shown = string.Concat(text.Take(LongestText).Select(c => char.IsControl(c) ? '\uFFFD' : c));
        return text.Length > LongestText ? shown + "…" : shown;
    }
}
