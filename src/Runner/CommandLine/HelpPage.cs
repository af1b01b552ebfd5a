using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace DataflowRlhf.Runner.CommandLine;

/// <summary>Prints a command's page: what it is for, examples, arguments, options; of the program itself its commands by purpose.</summary>
internal sealed class HelpPage : SynchronousCommandLineAction
{
    private const int Widest = 120;

    /// <summary>Takes the place of the library's pages.</summary>
    public static void AddTo(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpPage();
        help.Description = "This page.";
    }

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parsed)
    {
        Print(parsed.CommandResult.Command, parsed.RootCommandResult.Command, Console.Out);
        return ExitCode.Done;
    }

    public static void Print(Command command, Command root, TextWriter to)
    {
        to.WriteLine(command.Description);
        to.WriteLine();
        to.WriteLine($"Usage: {Usage(command)}");
        if (command.Subcommands.Any(s => !s.Hidden))
            Commands(command, to);
        var arguments = command.Arguments.Where(a => !a.Hidden).Select(a => (Label(a), a.Description ?? ""));
        Table("Arguments", [.. arguments], to);
        var options = command.Options.Where(o => !o.Hidden).Concat(command == root ? [] : root.Options.Where(o => o.Recursive));
        Table("Options", [.. options.Select(o => (Label(o), o.Description ?? ""))], to);
        if (command != root)
            return;
        Table("Exit codes", [("0", "done"), ("1", "a stage failed or a promise was broken; what verify and doctor looked at is not well"), ("2", "the file or the command is wrong; nothing ran"), ("130", "interrupted; the same command goes on")], to);
        Table("Environment", [("RLHF_STORE", "the store of every command without --store"), ("OMP_NUM_THREADS", "threads of libtorch. Default: the cores"), ("NO_COLOR", "if set, no colours")], to);
        to.WriteLine();
        to.WriteLine("A command's page: rlhf NAME --help, or rlhf help NAME.");
    }

    /// <summary>The first sentence of a description, whose first paragraph may be of several lines.</summary>
    public static string Summary(Symbol symbol)
    {
        var line = string.Join(' ', (symbol.Description ?? "").Split('\n').TakeWhile(l => l.Trim().Length > 0).Select(l => l.Trim()));
        var end = line.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? line : line[..(end + 1)];
    }

    private static string Usage(Command command)
    {
        var words = new List<string>();
        for (var at = command; at is not null; at = at.Parents.OfType<Command>().FirstOrDefault())
            words.Insert(0, at is RootCommand ? "rlhf" : at.Name);
        words.AddRange(command.Arguments.Where(a => !a.Hidden).Select(Label));
        if (command.Subcommands.Any(s => !s.Hidden))
            words.Add("COMMAND");
        words.Add("[options]");
        return string.Join(' ', words);
    }

    private static void Commands(Command command, TextWriter to)
    {
        var left = command.Subcommands.Where(s => !s.Hidden).ToList();
        if (command is RootCommand)
            foreach (var (title, names) in CommandGroups.All)
            {
                var those = names.Select(n => left.Find(s => s.Name == n)).OfType<Command>().ToList();
                Table(title, [.. those.Select(c => (c.Name, Summary(c)))], to, 12);
                left.RemoveAll(those.Contains);
            }
        Table(command is RootCommand ? "More" : "Commands", [.. left.Select(c => (c.Name, Summary(c)))], to, 12);
    }

    private static string Label(Argument argument)
    {
        var name = (argument.HelpName ?? argument.Name).ToUpperInvariant();
        var many = argument.Arity.MaximumNumberOfValues > 1 ? name + "…" : name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{many}]" : many;
    }

    private static string Label(Option option)
    {
        var names = string.Join(", ", option.Aliases.Where(a => a is not ("-?" or "/?" or "/h")).Append(option.Name));
        return option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool) || option is HelpOption or VersionOption
            ? names : $"{names} {option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant()}";
    }

    private static void Table(string title, IReadOnlyList<(string Left, string Right)> rows, TextWriter to, int least = 0)
    {
        if (rows.Count == 0)
            return;
        to.WriteLine();
        to.WriteLine(title);
        var left = Math.Max(least, rows.Max(r => r.Left.Length));
        var width = Math.Max(40, Math.Min(Widest, Console.IsOutputRedirected || Console.WindowWidth < 1 ? Widest : Console.WindowWidth) - left - 5);
        foreach (var (name, text) in rows)
        {
            var first = true;
            foreach (var line in Wrapped(text, width))
            {
                to.WriteLine($"  {(first ? name : "").PadRight(left)}  {line}");
                first = false;
            }
        }
    }

    private static IEnumerable<string> Wrapped(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }
            line += line.Length == 0 ? word : " " + word;
        }
        yield return line;
    }
}
