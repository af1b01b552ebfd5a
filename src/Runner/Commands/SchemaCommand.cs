using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf schema</c>: a JSON Schema of the pipeline file, for editors.</summary>
internal static class SchemaCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Make()
    {
        var output = new Option<string?>("--output") { Description = "The file to write. Default: standard output.", HelpName = "file" };
        var plugin = Plugins.Option();
        var command = new Command("schema", """
            Prints a JSON Schema of the pipeline file: keys, stages, every option with its type, default and range.

              rlhf schema --output pipeline.schema.json

            An editor with a YAML language server completes and checks by it, where a file has the line
              # yaml-language-server: $schema=pipeline.schema.json
            """)
        { output, plugin };
        command.SetAction(parsed =>
        {
            if (Plugins.Registry(parsed.GetRequiredValue(plugin)) is not { } registry)
                return ExitCode.Wrong;
            var schema = PipelineSchema.Of(registry).ToJsonString(Indented).ReplaceLineEndings("\n") + "\n";
            if (parsed.GetValue(output) is not { } file)
            {
                Console.Out.Write(schema);
                return ExitCode.Done;
            }
            try
            {
                System.IO.File.WriteAllText(file, schema);
                return ExitCode.Done;
            }
            catch (Exception closed) when (closed is IOException or UnauthorizedAccessException or ArgumentException)
            {
                Console.Error.WriteLine($"{file} cannot be written: {closed.Message}  Another: --output FILE");
                return ExitCode.Wrong;
            }
        });
        return command;
    }
}
