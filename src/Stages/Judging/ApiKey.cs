using System.Net.Http.Headers;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Judging;

/// <summary>The key, for as long as a judge is asked. It has no text form: it goes into one header and nowhere else.</summary>
internal sealed class ApiKey
{
    private readonly string? key;

    private ApiKey(string variable, string? key)
    {
        Variable = variable;
        this.key = key;
    }

    /// <summary>Where it came from.</summary>
    public string Variable { get; }

    public bool IsSet => key is not null;

    public AuthenticationHeaderValue? Header => key is null ? null : new("Bearer", key);

    /// <summary>Reads the environment. Unset or empty: no key, as local servers want none.</summary>
    /// <exception cref="StageException">The variable holds what no header can carry. The message does not show it.</exception>
    public static ApiKey Read(string variable)
    {
        var text = Environment.GetEnvironmentVariable(variable)?.Trim();
        if (string.IsNullOrEmpty(text))
            return new(variable, null);
        return text.All(c => c is > ' ' and < (char)127)
            ? new(variable, text)
            : throw new StageException($"The environment variable {variable} does not hold a key: there is a space, a line break or a letter outside ASCII in it. Set it to the key alone.");
    }

    /// <summary>Whether a text shows the key, or a part of it of 8 or more letters.</summary>
    public bool IsIn(string text)
    {
        if (key is null)
            return false;
        var part = Math.Min(8, key.Length);
        return Enumerable.Range(0, key.Length - part + 1).Any(i => text.Contains(key.AsSpan(i, part).ToString(), StringComparison.Ordinal));
    }
}
