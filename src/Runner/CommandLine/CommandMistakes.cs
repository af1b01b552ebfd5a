using System.CommandLine;
using System.CommandLine.Parsing;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.CommandLine;

/// <summary>What is wrong with a command line, in one voice: what was given, what was possible, what to write instead.</summary>
internal static class CommandMistakes
{
    /// <summary>How the library's message begins where a word is none of those that are possible.</summary>
    private const string Recognized = "Argument '";

    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        var result = parsed.CommandResult;
        var strange = Strange(parsed).Distinct().ToList();
        // Beside an option that is none, the other words may be its value, or have been pushed aside by it.
        if (strange.Exists(w => w.StartsWith('-')))
            strange.RemoveAll(w => !w.StartsWith('-'));
        var lines = strange.Select(word => Unknown(word, result.Command)).ToList();
        foreach (var error in parsed.Errors)
            if (!parsed.UnmatchedTokens.Any(t => error.Message.Contains($"'{t}'", StringComparison.Ordinal)) && !(strange.Count > 0 && error.SymbolResult is CommandResult or ArgumentResult))
                lines.Add(Said(error, result.Command));
        return [.. lines.Distinct()];
    }

    /// <summary>Words that nothing took, and those that look like options but were taken for values.</summary>
    private static IEnumerable<string> Strange(ParseResult parsed)
    {
        // Behind a word that is no command, the rest is not known.
        foreach (var word in parsed.CommandResult.Command.Subcommands.Count > 0 ? parsed.UnmatchedTokens.Take(1) : parsed.UnmatchedTokens)
            yield return word;
        if (parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash))
            yield break;
        foreach (var child in parsed.CommandResult.Children)
            foreach (var token in child.Tokens.Where(t => t.Value.StartsWith("--", StringComparison.Ordinal) || (child is ArgumentResult && t.Value is ['-', _, ..])))
                yield return token.Value;
    }

    private static string Unknown(string word, Command command)
    {
        var name = Name(command);
        if (word.StartsWith('-'))
        {
            var given = word.Split('=', ':')[0];
            var options = command.Options.Where(o => !o.Hidden).Select(o => o.Name).Append("--help").Distinct().ToList();
            return $"'{given}' is not an option of '{name}' ({string.Join(", ", options)}).{Write(Nearest.To(given, options))}";
        }
        var commands = command.Subcommands.Where(s => !s.Hidden).Select(s => s.Name).ToList();
        if (commands.Count > 0)
            return $"'{word}' is not a command of '{name}' ({string.Join(", ", commands)}).{Write(Nearest.To(word, commands) is { } near ? $"{name} {near}" : null)}";
        return $"'{word}' is one word too many for '{name}'.{Write(Example(command))}";
    }

    private static string Said(ParseError error, Command command)
    {
        if (error.SymbolResult is OptionResult { Option: var option } given)
        {
            if (given.Tokens.Count == 0)
                return $"{option.Name} needs a value: {option.Description}";
            if (Type(option.ValueType) is { } type && error.Message.StartsWith("Cannot parse", StringComparison.Ordinal))
                return $"{option.Name}: '{given.Tokens[^1].Value}' is not {type}. {option.Description}";
        }
        var missing = error.SymbolResult switch
        {
            ArgumentResult argument when argument.Tokens.Count == 0 => argument.Argument,
            CommandResult when command.Arguments.Count > 0 && error.Message.StartsWith("Required argument", StringComparison.Ordinal) => command.Arguments[0],
            _ => null,
        };
        if (missing is not null)
            return $"'{Name(command)}' needs {missing.HelpName ?? missing.Name.ToUpperInvariant()}: {missing.Description}{Write(Example(command))}";
        if (error.Message.StartsWith(Recognized, StringComparison.Ordinal) && error.Message.Split('\'') is [_, var word, _, .. var among])
        {
            var possible = among.Where((_, place) => place % 2 == 0 && place < among.Length - 1).ToList();
            return $"'{word}' is not one of {string.Join(", ", possible)}.{Write(Nearest.To(word, possible))}";
        }
        return command.Subcommands.Count > 0 && error.SymbolResult is CommandResult
            ? $"'{Name(command)}' needs a command ({string.Join(", ", command.Subcommands.Where(s => !s.Hidden).Select(s => s.Name))})."
            : string.Join(' ', error.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static string? Type(Type type) => System.Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) switch
    {
        TypeCode.Int32 or TypeCode.Int64 => "a whole number",
        TypeCode.Single or TypeCode.Double => "a number",
        TypeCode.Boolean => "true or false",
        _ => null,
    };

    /// <summary>The first example of its page.</summary>
    private static string? Example(Command command) =>
        (command.Description ?? "").Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.StartsWith(Name(command) + " ", StringComparison.Ordinal) || l == Name(command));

    private static string Write(string? instead) => instead is null ? "" : $"  write: {instead}";

    private static string Name(Command command) =>
        command is RootCommand ? "rlhf" : $"{(command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? Name(parent) : "rlhf")} {command.Name}";
}
