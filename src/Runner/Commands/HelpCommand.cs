using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.CommandLine;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf help [NAME]</c>: a command's page.</summary>
internal static class HelpCommand
{
    public static Command Make()
    {
        var name = new Argument<string[]>("command") { Description = "A command; without it, all of them.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("help", "Prints a command's page.\n\n  rlhf help run") { name };
        command.SetAction(parsed =>
        {
            var root = parsed.RootCommandResult.Command;
            var at = root;
            foreach (var word in parsed.GetValue(name) ?? [])
            {
                if (at.Subcommands.FirstOrDefault(s => s.Name == word) is not { } found)
                {
                    var near = Nearest.To(word, at.Subcommands.Select(s => s.Name));
                    Console.Error.WriteLine($"'{word}' is not a command ({string.Join(", ", at.Subcommands.Select(s => s.Name))}).{(near is null ? "" : $"  write: rlhf help {near}")}");
                    return ExitCode.Wrong;
                }
                at = found;
            }
            HelpPage.Print(at, root, Console.Out);
            return ExitCode.Done;
        });
        return command;
    }
}
