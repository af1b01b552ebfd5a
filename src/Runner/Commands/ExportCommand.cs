using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf export ARTIFACT --output FILE.tar</c>: an artifact and where it comes from, in one file.</summary>
internal static class ExportCommand
{
    public static Command Make()
    {
        var artifact = new Argument<string>("artifact") { Description = "A pinned name, pipeline:stage, or the first 6 letters of a key." };
        var output = new Option<string>("--output", "-o") { Description = "The tar file to write.", HelpName = "FILE.tar", Required = true };
        var inputs = new Option<bool>("--with-inputs") { Description = "The content of all that it was made from goes along; else only the records of it." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Takes the place of a file that is there." };
        var store = Common.Store();
        var command = new Command("export", """
            Writes an artifact into one tar file, with its record, its curves and the records of all that it was made from.
            'rlhf import' takes it in elsewhere; 'tar -xf FILE.tar && sha256sum -c sha256sums.txt' reads it without this program.

              rlhf export good-reward --output good-reward.tar
              rlhf export quickstart:denoised --output denoised.tar --with-inputs

            Exit codes: 0 done, 1 the artifact is damaged, 2 there is none, or the file cannot be written, 130 interrupted.
            """)
        { artifact, output, inputs, overwrite, store };
        command.SetAction(parsed =>
        {
            var file = parsed.GetRequiredValue(output);
            if (Directory.Exists(file) || File.Exists(file) && !parsed.GetValue(overwrite))
            {
                Console.Error.WriteLine($"{file} is there already.  write: --overwrite, or another name");
                return ExitCode.Wrong;
            }
            using var opened = Common.OpenThere(parsed.GetRequiredValue(store));
            if (opened is null || Common.Find(opened, parsed.GetRequiredValue(artifact)) is not { } found)
                return ExitCode.Wrong;
            return Run(opened, found, file, parsed.GetValue(inputs));
        });
        return command;
    }

    private static int Run(ArtifactStore store, ArtifactRecord artifact, string file, bool withInputs)
    {
        using var interruption = new Interruption();
        try
        {
            var written = ArchiveWriter.Write(store, artifact, file, withInputs, new ByteTicker(TimeProvider.System, Console.Error).Tell, interruption.Token);
            Console.WriteLine($"{file}: {artifact.Stage} ({artifact.Uses}) {written.Key[..12]}, {Told.Count(written.Artifacts, "artifact")} and {Told.Count(written.Records, "record")} of what it was made from, {Outlook.Size(written.Bytes)}");
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Interrupted.");
            return ExitCode.Interrupted;
        }
        catch (StageException damaged)
        {
            Console.Error.WriteLine(damaged.Message);
            return ExitCode.StageFailed;
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine($"{file} cannot be written: {closed.Message}  Another: --output FILE.tar");
            return ExitCode.Wrong;
        }
        finally
        {
            File.Delete(file + ".partial");
        }
    }
}
