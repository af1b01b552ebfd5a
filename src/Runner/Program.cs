using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Commands;

namespace DataflowRlhf.Runner;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("""
            DataflowRlhf: RLHF pipelines declared in YAML, run as one stream, cached stage by stage.

              rlhf run pipelines/quickstart.yaml          the whole loop on a synthetic preference world
              rlhf check pipelines/hh-rlhf.yaml           every mistake of a file at once
              rlhf plan pipelines/quickstart.yaml         what would run, and why

            Exit codes: 0 done, 1 a stage failed, 2 the file or the command is wrong, 130 interrupted (run again to go on).
            """)
        {
            RunCommand.Make(),
            CheckCommand.Make(),
            PlanCommand.Make(),
            WhyCommand.Make(),
            RerunCommand.Make(),
            StagesCommand.Make(),
            SchemaCommand.Make(),
            ShowCommand.Make(),
            PinCommand.Make(),
            GcCommand.Make(),
            VerifyCommand.Make(),
            DoctorCommand.Make(),
        };
        // Training holds a thread for minutes; readers, writers and the view need theirs at once.
        ThreadPool.SetMinThreads(Environment.ProcessorCount + 4, 4);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync("See: rlhf --help");
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
