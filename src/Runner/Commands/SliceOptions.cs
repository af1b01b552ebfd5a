using System.CommandLine;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary>The options by which a part of a pipeline is chosen, for every command that takes one.</summary>
internal sealed class SliceOptions
{
    /// <summary>What a bare <c>--force</c> is read as.</summary>
    public const string All = "*";

    private readonly Option<string[]> from = Of("--from", "That stage and all that feeds from it may run; what is before is taken from the store as it is. Default: from the start.");
    private readonly Option<string[]> to = Of("--to", "Only what that stage needs may run, itself included; with --from, what lies between. Default: to the end.");
    private readonly Option<string[]> only = Of("--only", "These may run and nothing else. Default: all.");
    private readonly Option<string[]> force = Of("--force", "Runs these anew, found or not; alone, all that may run. Default: none.");

    /// <summary>What stands about names in the help of each such command.</summary>
    public const string Names = """
        STAGE is a name or a comma list: clean, voter[3], voter (all of them), voter[1..3], round[2].policy, round[last].policy, round[2] (the whole round), round[*].policy. Quote what has brackets: 'voter[3]'.
        """;

    public void AddTo(Command command)
    {
        foreach (var option in new[] { from, to, only, force })
            command.Options.Add(option);
    }

    /// <summary>The run's options with the slice in them, or null with every mistake printed.</summary>
    public RunOptions? Read(ParseResult parsed, PipelineGraph graph, RunOptions options)
    {
        var mistakes = new List<string>();
        var forced = parsed.GetRequiredValue(force);
        var slice = new Slice
        {
            From = parsed.GetRequiredValue(from),
            To = parsed.GetRequiredValue(to),
            Only = parsed.GetRequiredValue(only),
            Force = [.. forced.Where(f => f != All)],
            ForceAll = forced.Contains(All),
        };
        var sliced = slice.Apply(graph, options, mistakes);
        foreach (var mistake in mistakes)
            Console.Error.WriteLine(mistake);
        return sliced;
    }

    /// <summary>What a slice takes from the store is there; else every stage that is not is printed.</summary>
    public static bool Begins(PipelineGraph graph, ArtifactStore store, RunOptions options)
    {
        if (options.Only is null)
            return true;
        var missing = Planner.Plan(graph, store, options).Where(p => p.Decision == Decision.Missing).Select(p => p.Node).ToList();
        foreach (var node in missing)
            Console.Error.WriteLine($"{node.Name}: the store has nothing of it, and it may not run in this slice.");
        if (missing.Count > 0)
            Console.Error.WriteLine($"Nothing was run.  write: rlhf run {Path.GetRelativePath(Environment.CurrentDirectory, graph.File)} --to {Quoted(string.Join(',', Ends(missing)))}{string.Concat(graph.Settings.Select(Again))}");
        return missing.Count == 0;
    }

    /// <summary>A bare <c>--force</c> before a file or another option means all; a library would take the next word for its value.</summary>
    public static string[] Settle(string[] arguments) =>
        [.. arguments.Select((word, i) => word == "--force" && (i + 1 == arguments.Length || arguments[i + 1].StartsWith('-') || IsFile(arguments[i + 1])) ? $"--force={All}" : word)];

    private static bool IsFile(string word) => word.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || word.EndsWith(".yml", StringComparison.OrdinalIgnoreCase);

    /// <summary>Those that feed no other of them.</summary>
    private static IEnumerable<string> Ends(List<GraphNode> nodes) =>
        nodes.Where(n => !nodes.Exists(m => m.Inputs.Any(i => i.Sources.Contains(n)))).Select(n => n.Name);

    /// <summary>A setting of this command for the next one: without it the file may not have such a stage.</summary>
    private static string Again(string setting) =>
        setting.StartsWith("--params ", StringComparison.Ordinal) ? $" {setting}" : $" --set {Quoted(setting)}";

    private static string Quoted(string name) => name.AsSpan().IndexOfAny("[]{}$* ;|&<>\"") < 0 ? name : $"'{name}'";

    private static Option<string[]> Of(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "STAGE",
        DefaultValueFactory = _ => [],
    };
}
