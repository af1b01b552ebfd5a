using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf import FILE.tar</c>: what <c>export</c> wrote, into a store.</summary>
internal static class ImportCommand
{
    public static Command Make()
    {
        var file = new Argument<string>("file") { Description = "What 'rlhf export' wrote." };
        var pin = new Option<string?>("--pin") { Description = "Gives the artifact a name, so that 'rlhf gc' keeps it. Default: none.", HelpName = "name" };
        var store = Common.Store();
        var command = new Command("import", """
            Takes an exported artifact into the store. Every hash is checked first; a torn or tampered file is refused as a whole. What is there already stays as it is.

              rlhf import good-reward.tar --pin good-reward

            Exit codes: 0 it is in the store, 1 the file is torn or not an artifact, 2 the command is wrong, 130 interrupted.
            """)
        { file, pin, store };
        command.SetAction(async (parsed, _) =>
        {
            var given = parsed.GetRequiredValue(file);
            if (!File.Exists(given))
            {
                await Console.Error.WriteLineAsync($"There is no file {given}.  write: rlhf import FILE.tar");
                return ExitCode.Wrong;
            }
            using var opened = Common.Open(parsed.GetRequiredValue(store));
            return opened is null ? ExitCode.Wrong : await RunAsync(opened, given, parsed.GetValue(pin));
        });
        return command;
    }

    private static async Task<int> RunAsync(ArtifactStore store, string file, string? name)
    {
        using var interruption = new Interruption();
        try
        {
            var read = await ArchiveReader.ReadAsync(store, file, new ByteTicker(TimeProvider.System, Console.Error).Tell, interruption.Token, Console.Error.WriteLine);
            var artifact = store.Find(read.Key)!;
            Console.WriteLine($"{artifact.Stage} ({artifact.Uses}) {read.Key[..12]}: " + (read.Artifacts + read.Records == 0 ? "all of it was there already." : $"{Told.Count(read.Artifacts, "artifact")} and {Told.Count(read.Records, "record")} imported."));
            if (name is not null)
                store.Names.Add(name, artifact);
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Interrupted. Run it again to go on.");
            return ExitCode.Interrupted;
        }
        catch (Exception torn) when (torn is StageException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(torn.Message);
            return ExitCode.StageFailed;
        }
    }
}
