namespace DataflowRlhf.Runner.CommandLine;

/// <summary>The commands by what they are for, in the order of the help.</summary>
internal static class CommandGroups
{
    /// <summary>A group's title and the commands in it; one that is not built yet stands here at no cost.</summary>
    public static IReadOnlyList<(string Title, string[] Commands)> All { get; } =
    [
        ("Run", ["run", "rerun", "accept", "quarantine", "serve"]),
        ("Look", ["check", "plan", "why", "graph", "status", "runs", "history", "show", "diff", "lineage"]),
        ("Store", ["verify", "gc", "pin", "unpin", "pins", "export", "import"]),
        ("Make", ["new", "stages", "prove", "schema"]),
        ("Machine", ["doctor", "completion", "help"]),
    ];

    public static string? Of(string command) => All.FirstOrDefault(g => g.Commands.Contains(command)).Title;
}
