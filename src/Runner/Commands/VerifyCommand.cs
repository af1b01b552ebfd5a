using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf verify</c>: every artifact of a store held against its record.</summary>
internal static class VerifyCommand
{
    public static Command Make()
    {
        var store = Common.Store();
        var command = new Command("verify", """
            Reads every artifact of a store again and says which is not as it was recorded: a flipped bit, a file missing or too many. Changes nothing.

              rlhf verify --store /data/rlhf

              damaged  quickstart: clean: files/part-00000.parquet holds other bytes than were recorded
                       /data/rlhf/artifacts/3f/3f9c…

            Exit codes: 0 all is as recorded, 1 something is not, 2 there is no store.
            """)
        { store };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(store), TimeProvider.System));
        return command;
    }

    private static int Run(string store, TimeProvider time)
    {
        using var interruption = new Interruption();
        var began = time.GetTimestamp();
        try
        {
            var check = StoreCheck.Of(store, new ByteTicker(time, Console.Error).Tell, interruption.Token);
            foreach (var fault in check.Faults)
                Console.WriteLine($"  damaged  {(fault.Stage is null ? "" : fault.Stage + ": ")}{fault.What}\n           {fault.Folder}");
            var damaged = check.Faults.Select(f => f.Folder).Distinct().Count();
            Console.WriteLine($"{Told.Count(check.Artifacts, "artifact")}, {Told.Count(check.Files, "file")}, {Outlook.Size(check.Bytes)} in {time.GetElapsedTime(began).TotalSeconds:0.0} s: "
                + (damaged == 0 ? "all as recorded." : $"{damaged:N0} not as recorded. Delete {(damaged == 1 ? "its folder" : "their folders")} and run the pipeline again: what is gone is made anew."));
            return damaged == 0 ? ExitCode.Done : ExitCode.StageFailed;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Interrupted.");
            return ExitCode.Interrupted;
        }
        catch (Exception none) when (none is StageException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine($"The store {store} cannot be verified: {none.Message}  Another: --store DIR");
            return ExitCode.Wrong;
        }
    }
}
