using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary>One field of a cache key that is not what it was.</summary>
/// <param name="Field"><c>option flip-below</c>, <c>seed</c>, <c>device</c>, <c>library libtorch</c>, <c>input pairs</c>, <c>file path a.jsonl</c>, <c>code Stages.Relabel</c>.</param>
/// <param name="Was">Null: it is new.</param>
/// <param name="Now">Null: it is gone.</param>
public sealed record FieldChange(string Field, string? Was, string? Now)
{
    /// <summary>The stage that feeds the input; null for all other fields, and where the input is gone.</summary>
    public string? Source { get; init; }

    /// <summary>What the value of an option that came from the environment begins with, as keys hold it: behind it stands its digest.</summary>
    internal const string FromEnvironment = "from the environment ";

    private const int DigestLetters = 12;

    /// <summary>A value as a pipeline file has it: an option's text without JSON's quotes and escapes; of what came from the environment the beginning of its digest.</summary>
    public string Shown(string value) =>
        What == "option" && value.StartsWith(FromEnvironment, StringComparison.Ordinal) && value.Length > FromEnvironment.Length + DigestLetters ? $"{FromEnvironment}({value[FromEnvironment.Length..][..DigestLetters]})"
        : What == "option" && value is ['"', .., '"'] ? new([.. JsonSerializer.Deserialize<string>(value)!.Select(c => char.IsControl(c) ? ' ' : c)]) : value;

    /// <summary>What kind of field it is: <c>option</c>, <c>seed</c>, <c>device</c>, <c>input</c>, <c>file</c>, <c>code</c>, <c>library</c>, <c>stage</c>.</summary>
    public string What => Field.Split(' ')[0];
}
