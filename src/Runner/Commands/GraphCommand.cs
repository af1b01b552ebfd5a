using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Drawing;
using Spectre.Console;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf graph FILE</c>: the pipeline drawn.</summary>
internal static class GraphCommand
{
    private static readonly string[] Formats = ["text", "mermaid", "dot", "svg", "json"];

    public static Command Make()
    {
        var pipeline = new PipelineArguments();
        var format = new Option<string?>("--format") { Description = "text, mermaid, dot, svg or json. Default: by the output's ending, else text.", HelpName = "NAME" };
        format.AcceptOnlyFromAmong(Formats);
        var output = new Option<string?>("--output", "-o") { Description = "The file to write. Default: standard output.", HelpName = "PATH" };
        var unfold = new Option<bool>("--unfold") { Description = "A box for every stage; else the items of a foreach are one (voter ×10), and so is a stage of all rounds." };
        var plan = new Option<bool>("--plan") { Description = "What a run would do with each stage, in words and colours, where there is a store." };
        var command = new Command("graph", """
            Draws a pipeline: in the terminal, or for Mermaid, Graphviz, a browser or a program. Runs nothing.

              rlhf graph pipelines/quickstart.yaml
              rlhf graph pipelines/quickstart.yaml --plan --unfold
              rlhf graph pipelines/quickstart.yaml --output quickstart.svg

            In the terminal each stage stands under the last of those that feed it; 'and' names the others, ↻ what comes from the round before.
            """)
        { pipeline.File, format, output, unfold, plan };
        pipeline.AddTo(command);
        command.SetAction(parsed =>
        {
            if (pipeline.Check(parsed) is not { } graph)
                return ExitCode.Wrong;
            IReadOnlyList<PlanEntry>? entries = null;
            if (parsed.GetValue(plan))
            {
                if (pipeline.Options(parsed) is not { } options)
                    return ExitCode.Wrong;
                using var opened = Common.OpenThere(pipeline.Store(parsed));
                entries = opened is null ? null : Planner.Plan(graph, opened, options);
            }
            return Write(Picture.Of(graph, parsed.GetValue(unfold), entries), parsed.GetValue(format), parsed.GetValue(output));
        });
        return command;
    }

    private static int Write(Picture picture, string? format, string? output)
    {
        format ??= Path.GetExtension(output ?? "").ToLowerInvariant() switch { ".svg" => "svg", ".json" => "json", ".dot" or ".gv" => "dot", ".mmd" or ".mermaid" => "mermaid", _ => "text" };
        var text = format switch
        {
            "mermaid" => GraphText.Mermaid(picture),
            "dot" => GraphText.Dot(picture),
            "json" => GraphText.Json(picture),
            "svg" => SvgPicture.Draw(picture),
            _ => Text(picture, output is null && AnsiConsole.Profile.Capabilities.ColorSystem != ColorSystem.NoColors && !Console.IsOutputRedirected),
        };
        if (output is null)
        {
            Console.Out.Write(text);
            return ExitCode.Done;
        }
        try
        {
            File.WriteAllText(output, text);
            return ExitCode.Done;
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine($"{output} cannot be written: {closed.Message}  Another: --output FILE");
            return ExitCode.Wrong;
        }
    }

    private static string Text(Picture picture, bool colour)
    {
        using var text = new StringWriter { NewLine = "\n" };
        TextTree.Print(picture, colour, text);
        return text.ToString();
    }
}
