using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Commands;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.CommandLine;

/// <summary>The words of a store that a shell may offer. The store is only looked at: a key pressed in a shell makes and clears away nothing.</summary>
/// <param name="folder">As the line has it; where it is none, nothing is offered.</param>
internal sealed class StoreWords(string folder)
{
    private const int MostRuns = 10;

    /// <summary>The store that a line names, or the one that its command would take.</summary>
    public static StoreWords Of(string? given)
    {
        var folder = given is { Length: > 0 } ? given : Common.DefaultStore;
        return new StoreWords(folder.StartsWith("~/", StringComparison.Ordinal) ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + folder[1..] : folder);
    }

    /// <summary>What an artifact can be called by: pinned names, then <c>pipeline:stage</c>.</summary>
    public IEnumerable<(string Word, string Says)> Artifacts() =>
        Pins().Concat(ArtifactNames.LatestOf(folder).Select(l => ($"{l.Pipeline}:{l.Stage}", Told.Short(l.Key))));

    public IEnumerable<(string Word, string Says)> Pins() => ArtifactNames.PinsOf(folder).Select(p => (p.Name, Told.Short(p.Key)));

    /// <summary>Names of the pipelines that ran here.</summary>
    public IEnumerable<(string Word, string Says)> Pipelines() => ArtifactNames.LatestOf(folder).Select(l => (l.Pipeline, "")).Distinct();

    /// <summary>The newest runs, by their place and by their id.</summary>
    public IEnumerable<(string Word, string Says)> Runs()
    {
        var runs = new RunHistory(folder).Recent(MostRuns).ToList();
        return runs.Select((r, i) => (i == 0 ? "last" : $"last~{i}", Line(r))).Concat(runs.Select(r => (r.Id, Line(r))));

        static string Line(RunRecord run) => $"{run.Pipeline}, {Told.Time(run.Started)}";
    }
}
