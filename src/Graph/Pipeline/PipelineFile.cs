namespace DataflowRlhf.Graph;

/// <summary>A pipeline file read and checked: the graph, or every mistake at once.</summary>
/// <param name="Graph">Null where there is a mistake.</param>
/// <param name="Mistakes">In the order of the file; those of other files after it.</param>
public sealed record PipelineFile(string Path, PipelineGraph? Graph, IReadOnlyList<Mistake> Mistakes)
{
    private const int MostExcerpts = 1_000;
    private const int MostBeside = 1_000;

    /// <summary>What is possible and probably not meant, such as a param that nothing uses.</summary>
    public IReadOnlyList<Mistake> Warnings { get; init; } = [];

    /// <summary>Reads and checks the whole file; runs nothing.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="settings"><c>stage.option=value</c>, <c>param=value</c> or <c>seed=value</c>, which win over the files.</param>
    /// <param name="registry">The stages that may be named.</param>
    /// <param name="paramFiles">YAML or JSON files of values for <c>params:</c>, which win over the pipeline file; a later one wins over an earlier one.</param>
    /// <param name="run">Where a run would be: a stage that holds more memory than there is, is a mistake. Null: that is not looked at.</param>
    public static PipelineFile Check(string path, IEnumerable<string> settings, StageRegistry registry, IEnumerable<string>? paramFiles = null, RunOptions? run = null)
    {
        var (mistakes, warnings) = (new List<Mistake>(), new List<Mistake>());
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        var root = YamlTree.Read(path, "pipeline file", mistakes, texts);
        if (root is null && mistakes is [{ Text: YamlTree.Missing }])
            mistakes[0] = mistakes[0] with { Write = Beside(path) ?? "rlhf new pipeline my-first" };
        var given = (paramFiles ?? []).Select(p => ParamsFile.Read(p, mistakes, texts)).ToList();
        var overrides = Settings.Parse(settings, mistakes);
        var graph = root is null ? null : new PipelineReader(System.IO.Path.GetFullPath(path), registry, mistakes, warnings).Read(root, overrides, given);
        if (graph is not null && run?.Memory is not null)
            mistakes.AddRange(Foresight.Mistakes(graph, run.Device, run.Memory.Value));
        return new PipelineFile(path, mistakes.Count == 0 && graph is not null ? graph with { Settings = [.. settings, .. (paramFiles ?? []).Select(p => "--params " + p)] } : null, Sorted(mistakes, path, texts)) { Warnings = Sorted(warnings, path, texts) };
    }

    /// <summary>The file that was probably meant; null where none is near.</summary>
    private static string? Beside(string path)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path));
        if (!Directory.Exists(folder))
            return null;
        try
        {
            var files = Directory.EnumerateFiles(folder, "*.y*ml", new EnumerationOptions()).Take(MostBeside).Select(f => System.IO.Path.GetFileName(f));
            return Nearest.To(System.IO.Path.GetFileName(path), files) is { } near ? System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path) ?? "", near) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static List<Mistake> Sorted(List<Mistake> mistakes, string path, Dictionary<string, string> texts)
    {
        var lines = new Dictionary<string, string[]>(StringComparer.Ordinal);
        string? Excerpt(Mistake mistake)
        {
            var file = mistake.File ?? path;
            if (mistake.Line < 1 || !texts.TryGetValue(file, out var text))
                return null;
            if (!lines.TryGetValue(file, out var split))
                lines[file] = split = text.Split('\n');
            return mistake.Line <= split.Length ? split[mistake.Line - 1].TrimEnd('\r') : null;
        }
        var sorted = mistakes.OrderBy(m => m.File is null ? "" : m.File, StringComparer.Ordinal).ThenBy(m => m.Line).ThenBy(m => m.Column).ToList();
        for (var i = 0; i < Math.Min(sorted.Count, MostExcerpts); i++)
            sorted[i] = sorted[i] with { Excerpt = Excerpt(sorted[i]) };
        return sorted.ConvertAll(m => m.Cut());
    }
}
