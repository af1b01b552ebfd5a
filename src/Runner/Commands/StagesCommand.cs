using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf stages [NAME]</c>: what can stand behind <c>uses:</c>.</summary>
internal static class StagesCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Make()
    {
        var name = new Argument<string?>("name") { Description = "A stage, for its inputs, columns, options and an example.", Arity = ArgumentArity.ZeroOrOne };
        var plugin = Plugins.Option();
        var json = new Option<bool>("--json") { Description = "As JSON, for programs." };
        var command = new Command("stages", """
            Lists the stages; with a name what feeds that stage, the columns it needs and adds, every option with type, default and range, and a small pipeline that uses it.

              rlhf stages relabel
              rlhf stages shout --plugin shout/bin/Shout.dll
              rlhf stages ppo --json
            """)
        { name, plugin, json };
        command.SetAction(parsed =>
        {
            if (Plugins.Registry(parsed.GetRequiredValue(plugin)) is not { } registry)
                return ExitCode.Wrong;
            var wanted = parsed.GetValue(name);
            var found = wanted is null ? null : Plugins.Find(registry, wanted, "rlhf stages");
            if (wanted is not null && found is null)
                return ExitCode.Wrong;
            if (parsed.GetValue(json))
                Console.WriteLine((found is null ? new JsonArray([.. registry.Kinds.Select(StagePage.Json)]) : StagePage.Json(found)).ToJsonString(Indented));
            else if (found is not null)
                StagePrinter.Print(found, Console.Out);
            else
                foreach (var kind in registry.Kinds)
                    Console.WriteLine($"  {kind.Name,-20} {kind.Summary}{(kind.Plugin is null ? "" : $" ({Path.GetFileName(kind.Plugin)})")}");
            return ExitCode.Done;
        });
        return command;
    }
}
