namespace DataflowRlhf.Graph;

/// <summary>A pipeline file read and checked: the graph, or every mistake at once.</summary>
/// <param name="Graph">Null where there is a mistake.</param>
/// <param name="Mistakes">In the order of the file.</param>
public sealed record PipelineFile(string Path, PipelineGraph? Graph, IReadOnlyList<Mistake> Mistakes)
{
    /// <summary>Reads and checks the whole file; runs nothing.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="settings"><c>stage.option=value</c>, <c>param=value</c> or <c>seed=value</c>, which win over the file.</param>
    /// <param name="registry">The stages that may be named.</param>
    public static PipelineFile Check(string path, IEnumerable<string> settings, StageRegistry registry)
    {
        var mistakes = new List<Mistake>();
        if (!File.Exists(path))
        {
            mistakes.Add(Directory.Exists(path)
                ? new Mistake(1, 1, "file", "is a folder; name a file in it.")
                : new Mistake(1, 1, "file", "is not there.", "rlhf run pipelines/quickstart.yaml"));
            return new PipelineFile(path, null, mistakes);
        }
        var root = YamlTree.Read(path, mistakes);
        var graph = root is null ? null : new PipelineReader(System.IO.Path.GetFullPath(path), registry, mistakes).Read(root, settings);
        return new PipelineFile(path, mistakes.Count == 0 ? graph : null, [.. mistakes.OrderBy(m => m.Line).ThenBy(m => m.Column)]);
    }
}
