using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>Prints every mistake of a file: place, where, what was given and possible, what to write instead.</summary>
internal static class MistakePrinter
{
    public static void Print(PipelineFile file, TextWriter to)
    {
        var count = file.Mistakes.Count;
        to.WriteLine($"{file.Path} has {count} mistake{(count == 1 ? "" : "s")}. Nothing was run.");
        to.WriteLine();
        foreach (var mistake in file.Mistakes)
        {
            to.WriteLine($"  {mistake.Line + ":" + mistake.Column,-7} {mistake.Where}");
            to.WriteLine($"          {mistake.Text}");
            if (mistake.Write is not null)
                to.WriteLine($"          write:  {mistake.Write}");
        }
    }
}
