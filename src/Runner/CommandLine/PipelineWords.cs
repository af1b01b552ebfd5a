using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Commands;

namespace DataflowRlhf.Runner.CommandLine;

/// <summary>The words of a pipeline file that a shell may offer: its stages, and what <c>--set</c> can name.</summary>
internal static class PipelineWords
{
    /// <summary>Stages of the file; behind a comma, with what stands before it.</summary>
    public static IEnumerable<(string Word, string Says)> Stages(string file, string asked)
    {
        var comma = asked.LastIndexOf(',');
        var before = comma > asked.LastIndexOf('[') || asked.LastIndexOf(']') > asked.LastIndexOf('[') ? asked[..(comma + 1)] : "";
        var stages = PipelineOutline.Of(file).Stages;
        return stages.Select(s => (s.Written, s.Uses ?? "")).Concat(stages.Select(s => (s.Name, s.Uses ?? ""))).Select(s => (before + s.Item1, s.Item2));
    }

    /// <summary>First params, seed and stages with a dot; behind the dot options with <c>=</c>; behind that the values, where they can be counted.</summary>
    public static IEnumerable<(string Word, string Says)> Settings(string file, string asked)
    {
        var outline = PipelineOutline.Of(file);
        var registry = Common.Registry();
        var stage = outline.Stages.FirstOrDefault(s => asked.StartsWith(s.Written + ".", StringComparison.Ordinal) || asked.StartsWith(s.Name + ".", StringComparison.Ordinal));
        if (stage is null || registry.Find(stage.Uses ?? "") is not { } kind)
            return [("seed=", ""), .. outline.Params.Select(p => (p + "=", "a param")), .. outline.Stages.DistinctBy(s => s.Written).Select(s => (s.Written + ".", s.Uses ?? ""))];
        var name = asked.StartsWith(stage.Name + ".", StringComparison.Ordinal) ? stage.Name : stage.Written;
        var equals = asked.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            return kind.Options.Select(o => ($"{name}.{o.Name}=", o.Summary));
        var option = kind.Options.FirstOrDefault(o => asked[(name.Length + 1)..equals] == o.Name);
        return (option?.Choices ?? []).Select(v => (asked[..(equals + 1)] + v, ""));
    }

    public static IEnumerable<(string Word, string Says)> Kinds() => Common.Registry().Kinds.Select(k => (k.Name, k.Summary));
}
