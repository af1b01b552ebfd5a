using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Templates;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf new</c>: files to start from. Never overwrites.</summary>
internal static class NewCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Make() => new("new", """
        Writes files to start from; overwrites nothing.

          rlhf new pipeline my-first
          rlhf new stage shout
        """)
    { StageCommand(), PipelineCommand() };

    private static Command StageCommand()
    {
        var name = new Argument<string>("name") { Description = "As 'uses:' will have it: small letters, digits, dashes." };
        var output = new Option<string?>("--output") { Description = "The folder to write into. Default: the name.", HelpName = "folder" };
        var command = new Command("stage", """
            Writes a C# project with a stage of your own, which builds as it is, and a pipeline that uses it.

              rlhf new stage shout
              dotnet build shout
              rlhf run shout/shout.yaml
            """)
        { name, output };
        command.SetAction(parsed =>
        {
            var given = parsed.GetRequiredValue(name);
            if (!IsName(given))
                return ExitCode.Wrong;
            if (Common.Registry().Find(given) is not null)
            {
                Console.Error.WriteLine($"'{given}' is a stage of the program; a stage of your own needs another name.  write: rlhf new stage my-{given}");
                return ExitCode.Wrong;
            }
            var folder = parsed.GetValue(output) ?? given;
            var files = StageTemplate.Files(given, AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            return Write(folder, files, $"Next:  dotnet build {folder}\n       rlhf run {Path.Combine(folder, given + ".yaml")}");
        });
        return command;
    }

    private static Command PipelineCommand()
    {
        var name = new Argument<string>("name") { Description = "The pipeline's name: small letters, digits, dashes." };
        var output = new Option<string?>("--output") { Description = "The file to write. Default: the name with .yaml.", HelpName = "file" };
        var command = new Command("pipeline", """
            Writes a small pipeline with comments, which checks and runs as it is, and beside it the schema by which an editor completes.

              rlhf new pipeline my-first
              rlhf run my-first.yaml
            """)
        { name, output };
        command.SetAction(parsed =>
        {
            var given = parsed.GetRequiredValue(name);
            if (!IsName(given))
                return ExitCode.Wrong;
            var path = parsed.GetValue(output) ?? given + ".yaml";
            var (folder, file) = (Path.GetDirectoryName(path) is { Length: > 0 } named ? named : "", Path.GetFileName(path));
            List<NewFile> files = [new(file, PipelineTemplate.Of(given, path))];
            if (!File.Exists(Path.Combine(folder, PipelineTemplate.Schema)))
                files.Add(new(PipelineTemplate.Schema, PipelineSchema.Of(Common.Registry()).ToJsonString(Indented) + "\n"));
            return Write(folder, files, $"Next:  rlhf run {path}");
        });
        return command;
    }

    private static bool IsName(string name)
    {
        if (Kebab.Is(name))
            return true;
        var letters = string.Join('-', Kebab.Of(name).Split('-', '_', ' ', '.', '/').Select(w => string.Concat(w.Where(char.IsAsciiLetterOrDigit))).Where(w => w.Length > 0));
        Console.Error.WriteLine($"'{name}' is no name: small letters, digits and dashes, a letter first.{(Kebab.Is(letters) ? $"  write: {letters}" : "")}");
        return false;
    }

    private static int Write(string folder, IReadOnlyList<NewFile> files, string next)
    {
        try
        {
            NewFile.Write(folder, files);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine(closed.Message);
            return ExitCode.Wrong;
        }
        foreach (var file in files)
            Console.WriteLine($"  wrote   {Path.Combine(folder, file.Name)}");
        Console.WriteLine(next);
        return ExitCode.Done;
    }
}
