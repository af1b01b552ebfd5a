using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.CommandLine;
using DataflowRlhf.Runner.Commands;

namespace DataflowRlhf.Runner;

internal static class Program
{
    /// <summary>The whole command line; a command's place in the help is in <see cref="CommandGroups"/>.</summary>
    internal static RootCommand Root()
    {
        var root = new RootCommand("""
            DataflowRlhf: RLHF pipelines declared in YAML, run as one stream, cached stage by stage.

              rlhf run pipelines/quickstart.yaml          the whole loop on a synthetic preference world
              rlhf check pipelines/hh-rlhf.yaml           every mistake of a file at once
              rlhf plan pipelines/quickstart.yaml         what would run, and why
            """)
        {
            RunCommand.Make(),
            RerunCommand.Make(),
            CheckCommand.Make(),
            PlanCommand.Make(),
            WhyCommand.Make(),
            GraphCommand.Make(),
            ShowCommand.Make(),
            DiffCommand.Make(),
            LineageCommand.Make(),
            AcceptCommand.Make(),
            QuarantineCommand.Make(),
            StatusCommand.Make(),
            PinCommand.Make(),
            GcCommand.Make(),
            ExportCommand.Make(),
            ImportCommand.Make(),
            VerifyCommand.Make(),
            NewCommand.Make(),
            StagesCommand.Make(),
            ProveCommand.Make(),
            SchemaCommand.Make(),
            DoctorCommand.Make(),
            CompletionCommand.Make(),
            HelpCommand.Make(),
        };
        HelpPage.AddTo(root);
        VersionPage.AddTo(root);
        return root;
    }

    internal static async Task<int> Main(string[] args)
    {
        var root = Root();
        if (Completion.Asked(args) is { } line)
            return Completion.Answer(root, line, Console.Out);
        if (args.Length == 0)
        {
            HelpPage.Print(root, root, Console.Error);
            return ExitCode.Wrong;
        }
        // Training holds a thread for minutes; readers, writers and the view need theirs at once.
        ThreadPool.SetMinThreads(Environment.ProcessorCount + 4, 4);
        var parsed = root.Parse(SliceOptions.Settle(args));
        var mistakes = parsed.Action is { ClearsParseErrors: true } ? [] : CommandMistakes.Of(parsed);
        foreach (var mistake in mistakes)
            await Console.Error.WriteLineAsync(mistake);
        if (mistakes.Count > 0)
        {
            await Console.Error.WriteLineAsync(parsed.CommandResult.Command is RootCommand ? "See: rlhf --help" : $"See: rlhf {parsed.CommandResult.Command.Name} --help");
            return ExitCode.Wrong;
        }
        try
        {
            // The commands take Ctrl-C themselves: a stage may need longer than the library's two seconds to commit what it has.
            return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
        }
        catch (Exception problem)
        {
            await Console.Error.WriteLineAsync(Describe(problem));
            return ExitCode.StageFailed;
        }
    }

    /// <summary>One line for what a person can mend; for a bug, also where its details are.</summary>
    private static string Describe(Exception problem)
    {
        if (problem is StageException or IOException or UnauthorizedAccessException)
            return problem.Message;
        var log = Path.Combine(Path.GetTempPath(), $"rlhf-{Environment.ProcessId}.log");
        File.WriteAllText(log, problem.ToString());
        return $"{problem.GetType().Name}: {problem.Message.Split('\n')[0]}  Details: {log}";
    }
}
