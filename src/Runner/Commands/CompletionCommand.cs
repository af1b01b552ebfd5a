using System.CommandLine;
using DataflowRlhf.Runner.CommandLine;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf completion SHELL</c>: what a shell loads to complete commands, options, files and the names of stages.</summary>
internal static class CompletionCommand
{
    public static Command Make()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", """
            Prints a script by which a shell completes commands, options, pipeline files, stages of the file, and what --set can name.

              rlhf completion bash > ~/.local/share/bash-completion/completions/rlhf
              source <(rlhf completion zsh)
              rlhf completion fish > ~/.config/fish/completions/rlhf.fish
            """)
        { shell };
        command.SetAction(parsed => Console.Out.Write((parsed.GetRequiredValue(shell) switch
        {
            "zsh" => CompletionScript.Zsh,
            "fish" => CompletionScript.Fish,
            _ => CompletionScript.Bash,
        }).ReplaceLineEndings("\n")));
        return command;
    }
}
