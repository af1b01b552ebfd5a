using System.CommandLine;
using System.Globalization;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf gc</c>: clears away what nobody needs.</summary>
internal static class GcCommand
{
    public static Command Make()
    {
        var store = Common.Store();
        var days = new Option<int>("--keep-days") { Description = "What was used within so many days stays. Default: 14.", HelpName = "days", DefaultValueFactory = _ => 14 };
        var forget = new Option<string[]>("--forget") { Description = "A pipeline that is not run any more: its stages' latest artifacts are not kept for that. Default: none.", HelpName = "pipeline", DefaultValueFactory = _ => [] };
        var dry = new Option<bool>("--dry-run") { Description = "Tells what would go, and takes nothing." };
        var command = new Command("gc", """
            Clears away artifacts, checkpoints, logs, records of runs and lock files that nobody needs, and says how much that freed.
            An artifact stays if it is named ('rlhf pin'), the latest of its stage, used within --keep-days, in use by a living run,
            or if one of these was made from it. A run's record stays if it is as young, its pipeline's last, or if it made something that stays.
            What language models answered as judges always stays.

              rlhf gc --dry-run
              rlhf gc --keep-days 60 --store /data/rlhf
              rlhf gc --forget old-experiment

            Exit codes: 0 done, 2 the command is wrong or there is no store, 130 interrupted (what went is gone, the rest is whole).
            """)
        { store, days, forget, dry };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(days) is < 0 or > 36500)
            {
                Console.Error.WriteLine($"--keep-days is {parsed.GetValue(days)}; it can be 0 to 36500.  write: --keep-days 14");
                return ExitCode.Wrong;
            }
            using var opened = Common.OpenThere(parsed.GetRequiredValue(store));
            var options = new GarbageOptions { Keep = TimeSpan.FromDays(parsed.GetValue(days)), Forget = parsed.GetRequiredValue(forget), DryRun = parsed.GetValue(dry) };
            return opened is null ? ExitCode.Wrong : Run(opened, options);
        });
        return command;
    }

    private static int Run(ArtifactStore store, GarbageOptions options)
    {
        using var interruption = new Interruption();
        try
        {
            var result = GarbageCollection.Run(store, options, item => Console.WriteLine(
                $"  {(options.DryRun ? "would go" : "gone"),-8}  {Outlook.Size(item.Bytes),8}  {item.What,-10}  {item.Name}{(item.What == "artifact" ? "  " + Path.GetFileName(item.Path)[..12] : "")}, used {item.Used.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}"), interruption.Token);
            var kept = result.Kept.Count == 0 ? "" : $" ({string.Join(", ", result.Kept.OrderByDescending(k => k.Value).Select(k => $"{k.Value:N0} {k.Key}"))})";
            Console.WriteLine($"{result.Freed.Count:N0} {(options.DryRun ? "would go" : "gone")}, {Outlook.Size(result.Bytes)} {(options.DryRun ? "would be freed" : "freed")}; {Told.Count(result.Kept.Values.Sum(), "artifact")} {(result.Kept.Values.Sum() == 1 ? "stays" : "stay")}{kept}.");
            if (result.Locks > 0)
                Console.WriteLine($"{Told.Count(result.Locks, "empty lock file")} {(options.DryRun ? "would go" : "went")}, too.");
            if (result.Unreadable > 0)
                Console.WriteLine($"{result.Unreadable:N0} folders are no artifacts and stay, too. See which: rlhf verify");
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Interrupted. What went is gone; the rest is whole.");
            return ExitCode.Interrupted;
        }
        catch (StageException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return ExitCode.Wrong;
        }
    }
}
