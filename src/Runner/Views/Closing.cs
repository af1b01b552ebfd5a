using System.Collections.Concurrent;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>What stands below a run's view when it has ended: what stages said, warnings, the verdict.</summary>
internal sealed class Closing
{
    private readonly ConcurrentQueue<(string Stage, string Line)> said = new();
    private readonly ConcurrentDictionary<(string Stage, string Line), bool> warned = new();
    private int hits, ran;

    public void Said(GraphNode node, string line) => said.Enqueue((node.Name, line));

    /// <summary>Whether the warning is new.</summary>
    public bool Warned(GraphNode node, string line) => warned.TryAdd((node.Name, line), true);

    public void Finished(bool hit) => Interlocked.Increment(ref hit ? ref hits : ref ran);

    /// <summary>Nothing of a run that did not begin: why is told among the mistakes.</summary>
    public void Print(RunResult result, TimeSpan elapsed, TextWriter to)
    {
        if (!result.Began)
            return;
        foreach (var stage in said.GroupBy(s => s.Stage))
        {
            to.WriteLine();
            foreach (var line in stage.Select(s => s.Line).Reverse().SkipWhile(string.IsNullOrWhiteSpace).Reverse())
                to.WriteLine(line);
        }
        to.WriteLine();
        foreach (var page in result.Artifacts.Values.Select(a => Path.Combine(a.Folder, "report.html")).Where(File.Exists))
            to.WriteLine($"The report: {page}");
        if (result.Outcome == RunOutcome.Failed)
        {
            to.WriteLine($"Failed: {result.FailedStage}: {result.Message}");
            to.WriteLine("What finished before it is kept; mend it and run the same command again.");
        }
        else if (result.Outcome == RunOutcome.Interrupted)
        {
            to.WriteLine("Interrupted. What finished is kept; the same command goes on from there.");
        }
        to.WriteLine($"{ran} {(ran == 1 ? "stage" : "stages")} ran, {hits} found in the store, {elapsed.TotalSeconds:0.0} s. {result.Verdict}".TrimEnd());
    }
}
