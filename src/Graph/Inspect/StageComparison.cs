using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>One stage in two runs.</summary>
/// <param name="Before">Null: the first run has no such stage.</param>
/// <param name="After">Null: the second run has none.</param>
/// <param name="Options">That differ.</param>
/// <param name="Numbers">Of summaries and curves that differ; empty where an artifact is gone.</param>
public sealed record StageComparison(string Stage, StageTrace? Before, StageTrace? After, IReadOnlyList<FieldChange> Options, IReadOnlyList<NumberChange> Numbers)
{
    /// <summary>The artifacts, where the store still has them.</summary>
    public ArtifactRecord? Was { get; init; }

    public ArtifactRecord? Now { get; init; }

    /// <summary>Whether both left the very same bytes; null: one left nothing.</summary>
    public bool? SameContent => Before?.Digest is { } was && After?.Digest is { } now ? was == now : null;

    /// <summary>Whether nothing differs but the time it took.</summary>
    public bool IsSame => SameContent == true && Options.Count == 0 && Numbers.Count == 0;

    /// <summary>Every stage of two runs, in the second's order, then those that only the first has.</summary>
    public static IReadOnlyList<StageComparison> Of(RunRecord before, RunRecord after, ArtifactStore store)
    {
        var was = before.Stages.ToDictionary(s => s.Stage);
        var now = after.Stages.ToDictionary(s => s.Stage);
        return [.. after.Stages.Select(s => s.Stage).Concat(before.Stages.Select(s => s.Stage).Where(s => !now.ContainsKey(s)))
            .Select(stage => Of(stage, was.GetValueOrDefault(stage), now.GetValueOrDefault(stage), store))];
    }

    private static StageComparison Of(string stage, StageTrace? before, StageTrace? after, ArtifactStore store)
    {
        var (was, now) = (Find(before, store), Find(after, store));
        return new StageComparison(stage, before, after, Changes(before, after), was is null || now is null || was.Key == now.Key ? [] : NumberChange.Of(store, was, now)) { Was = was, Now = now };
    }

    private static ArtifactRecord? Find(StageTrace? trace, ArtifactStore store) =>
        trace?.Key is { } key && store.Find(key) is { } found && found.Digest == trace.Digest ? found : null;

    private static List<FieldChange> Changes(StageTrace? before, StageTrace? after) => before is null || after is null ? [] :
    [
        .. before.Options.Select(o => o.Key).Union(after.Options.Select(o => o.Key)).Order(StringComparer.Ordinal)
            .Where(name => !JsonNode.DeepEquals(before.Options[name], after.Options[name]))
            .Select(name => new FieldChange("option " + name, before.Options[name]?.ToJsonString(), after.Options[name]?.ToJsonString())),
    ];
}
