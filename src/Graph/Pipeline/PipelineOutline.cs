namespace DataflowRlhf.Graph;

/// <summary>The names in a pipeline file, as far as they can be read: it is not checked, so that an editor or a shell may ask while it is being written.</summary>
/// <param name="Params">Under <c>params:</c>.</param>
/// <param name="Stages">In the order of the file, <c>foreach</c> and <c>repeat</c> written out.</param>
public sealed record PipelineOutline(IReadOnlyList<string> Params, IReadOnlyList<OutlinedStage> Stages)
{
    /// <summary>The file's names; empty where it cannot be read.</summary>
    public static PipelineOutline Of(string path)
    {
        var ignored = new List<Mistake>();
        if (!File.Exists(path) || YamlTree.Read(path, "pipeline file", ignored, new Dictionary<string, string>()) is not YamlMap top)
            return new PipelineOutline([], []);
        var substitution = new Substitution(ignored);
        foreach (var (key, value) in (top.Find("params") as YamlMap)?.Entries ?? [])
            substitution.Params[key.Value] = value is YamlText text ? substitution.Apply(text, substitution.Params) : "";
        var entries = top.Find("stages") is YamlMap stages ? new Unroller(substitution, ignored).Unroll(stages) : [];
        return new PipelineOutline([.. substitution.Params.Keys], [.. entries.Where(e => !e.Name.EndsWith(Unroller.AnyItem, StringComparison.Ordinal)).Select(e => new OutlinedStage(e.Name, e.Written, (e.Map.Find("uses") as YamlText)?.Value))]);
    }
}

/// <param name="Name"><c>round[2].policy</c>.</param>
/// <param name="Written"><c>round.policy</c>.</param>
/// <param name="Uses">The stage's kind; null where the file does not say it.</param>
public sealed record OutlinedStage(string Name, string Written, string? Uses);
