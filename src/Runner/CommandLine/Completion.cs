using System.CommandLine;
using System.CommandLine.Completions;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.CommandLine;

/// <summary>Answers a shell that asks, by <c>rlhf [suggest:POSITION] LINE</c>, how a line may go on: one word a line, its description behind a tab.</summary>
internal static class Completion
{
    /// <summary>The line up to the cursor where a shell asks; null for a command of a person.</summary>
    public static string? Asked(string[] arguments)
    {
        if (arguments is not [var directive, ..] || !directive.StartsWith("[suggest", StringComparison.Ordinal))
            return null;
        var line = arguments.Length > 1 ? arguments[1] : "";
        return int.TryParse(directive.Trim('[', ']').Split(':')[^1], out var at) && at >= 0 && at < line.Length ? line[..at] : line;
    }

    /// <param name="line">With the program's name in front.</param>
    public static int Answer(RootCommand root, string line, TextWriter to)
    {
        try
        {
            foreach (var (word, says) in Of(root, line))
                to.WriteLine(says.Length == 0 ? word : $"{word}\t{says}");
            return ExitCode.Done;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or StageException)
        {
            return ExitCode.Wrong; // The shell shows nothing of it; the command itself will say what is wrong.
        }
    }

    internal static IEnumerable<(string Word, string Says)> Of(RootCommand root, string line)
    {
        var words = ShellWords.Split(line);
        var current = words[^1];
        Command command = root;
        var positionals = new List<string>();
        Option? open = null;
        string? store = null;
        foreach (var word in words.Skip(1).SkipLast(1))
        {
            if (open is not null)
            {
                store = open.Name == "--store" ? word : store;
                open = null;
            }
            else if (word.StartsWith("--store=", StringComparison.Ordinal))
                store = word["--store=".Length..];
            else if (word.StartsWith('-'))
                open = !word.Contains('=') && Find(command, word) is { } option && TakesValue(option) ? option : null;
            else if (positionals.Count == 0 && command.Subcommands.FirstOrDefault(s => s.Name == word) is { } sub)
                command = sub;
            else
                positionals.Add(word);
        }
        var (lead, asked) = ("", current);
        if (open is null && current.StartsWith("--", StringComparison.Ordinal) && current.IndexOf('=') is > 0 and var equals)
        {
            open = Find(command, current[..equals]);
            (lead, asked) = (current[..(equals + 1)], current[(equals + 1)..]);
        }
        var on = new Ground(positionals.FirstOrDefault() ?? "", StoreWords.Of(store));
        IEnumerable<(string Word, string Says)> found = open is not null ? Values(open.HelpName ?? open.Name, open, asked, on)
            : current.StartsWith('-') ? Options(command, root)
            : command.Subcommands.Count > 0 && positionals.Count == 0 ? command.Subcommands.Where(s => !s.Hidden).Select(s => (s.Name, HelpPage.Summary(s)))
            : Argument(command, positionals.Count) is { } argument ? Values(argument.Name, argument, asked, on)
            : [];
        return found.Where(f => f.Word.StartsWith(asked, StringComparison.Ordinal)).DistinctBy(f => f.Word).Select(f => (lead + f.Word, f.Says));
    }

    /// <summary>What a line is about: a pipeline's file, a store.</summary>
    private sealed record Ground(string File, StoreWords Store);

    private static Option? Find(Command command, string word) =>
        command.Options.FirstOrDefault(o => o.Name == word || o.Aliases.Contains(word));

    private static bool TakesValue(Option option) => option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);

    private static Argument? Argument(Command command, int place) =>
        command.Arguments.Count == 0 ? null
        : place < command.Arguments.Count ? command.Arguments[place]
        : command.Arguments[^1].Arity.MaximumNumberOfValues > 1 ? command.Arguments[^1] : null;

    private static IEnumerable<(string Word, string Says)> Options(Command command, RootCommand root) =>
        command.Options.Concat(root.Options.Where(o => o.Recursive)).Where(o => !o.Hidden).Select(o => (o.Name, HelpPage.Summary(o)));

    /// <summary>What may stand for an option or an argument, by what its help calls it.</summary>
    private static IEnumerable<(string Word, string Says)> Values(string name, Symbol symbol, string asked, Ground on) => name switch
    {
        "pipeline" when symbol is Option => on.Store.Pipelines(),
        "pipeline" => Paths(asked, yamlOnly: true),
        "FILE" or "FILE.tar" or "file" or "PATH" or "path" => Paths(asked, yamlOnly: false),
        "DIR" or "dir" or "folder" => Paths(asked, yamlOnly: true).Where(p => p.Word.EndsWith('/')),
        "STAGE" or "STAGE,…" or "stage" or "stages" or "row or stage" => PipelineWords.Stages(on.File, asked),
        "artifact" => on.Store.Artifacts().Concat(symbol is System.CommandLine.Argument { HelpName: "FILE|ARTIFACT" } ? Paths(asked, yamlOnly: true) : []),
        "before" or "after" => on.Store.Runs().Concat(on.Store.Artifacts()),
        "name=value" => PipelineWords.Settings(on.File, asked),
        "name" when symbol is System.CommandLine.Argument { Parents: var parents } && parents.Any(p => p.Name is "stages" or "prove") => PipelineWords.Kinds(),
        "name" when symbol.Parents.Any(p => p.Name == "pin") => on.Store.Pins(),
        "command" => ((Command)symbol.Parents.First().Parents.First()).Subcommands.Select(s => (s.Name, HelpPage.Summary(s))),
        "--device" or "NAME" when symbol.Name == "--device" => [("auto", ""), ("cpu", ""), ("cuda", "")],
        _ => symbol.GetCompletions(CompletionContext.Empty).Select(c => (c.Label, c.Detail ?? "")),
    };

    private static IEnumerable<(string Word, string Says)> Paths(string asked, bool yamlOnly)
    {
        var slash = asked.LastIndexOf('/') + 1;
        var typed = asked[..slash];
        var folder = typed.StartsWith("~/", StringComparison.Ordinal) ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + typed[1..] : typed.Length == 0 ? "." : typed;
        if (!Directory.Exists(folder))
            return [];
        return from entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal)
               where !entry.Name.StartsWith('.') || asked[slash..].StartsWith('.')
               where entry is DirectoryInfo || !yamlOnly || entry.Extension is ".yaml" or ".yml"
               select (typed + entry.Name + (entry is DirectoryInfo ? "/" : ""), "");
    }
}
