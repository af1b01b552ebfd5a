using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf stages [NAME]</c>: what can stand behind <c>uses:</c>.</summary>
internal static class StagesCommand
{
    public static Command Make()
    {
        var name = new Argument<string?>("name") { Description = "A stage, for its options.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("stages", "Lists the stages, or one stage's inputs and options.\n\n  rlhf stages relabel") { name };
        command.SetAction(parsed =>
        {
            var registry = Common.Registry();
            if (parsed.GetValue(name) is not { } wanted)
            {
                foreach (var kind in registry.Kinds)
                    Console.WriteLine($"  {kind.Name,-20} {kind.Summary}");
                return ExitCode.Done;
            }
            if (registry.Find(wanted) is { } found)
            {
                StagePrinter.Print(found, Console.Out);
                return ExitCode.Done;
            }
            var near = Nearest.To(wanted, registry.Kinds.Select(k => k.Name));
            Console.Error.WriteLine($"There is no stage '{wanted}'.{(near is null ? "" : $"  write: rlhf stages {near}")}");
            return ExitCode.Wrong;
        });
        return command;
    }
}
