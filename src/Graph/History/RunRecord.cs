using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary>A run that a store remembers: <c>runs/ID.json</c>.</summary>
/// <param name="Id">Sortable by time and short to type: <c>20261121-113405-a3f</c>, UTC.</param>
/// <param name="Pipeline">As <c>pipeline:</c> has it.</param>
/// <param name="File">The YAML file's full path.</param>
/// <param name="Settings">What <c>--set</c> gave, secrets masked.</param>
/// <param name="Device">Where tensors lived.</param>
/// <param name="Program">The program's version.</param>
/// <param name="Machine">Where it ran.</param>
/// <param name="Process">Its process there.</param>
public sealed record RunRecord(
    int Format, string Id, string Pipeline, string File, IReadOnlyList<string> Settings, ulong Seed, string Device, string Program, string Machine, int Process, DateTimeOffset Started)
{
    internal const int CurrentFormat = 1;

    public DateTimeOffset? Ended { get; init; }

    public RunState State { get; init; }

    /// <summary>The program's exit code; null while it runs.</summary>
    public int? Exit { get; init; }

    public string? FailedStage { get; init; }

    public string? Message { get; init; }

    /// <summary>In words, what the device waited for.</summary>
    public string? Verdict { get; init; }

    /// <summary>The most memory that the program took, in bytes.</summary>
    public long? PeakBytes { get; init; }

    /// <summary>In the graph's order.</summary>
    public IReadOnlyList<StageTrace> Stages { get; init; } = [];

    /// <summary>The record of a file, or null where it is none of this format.</summary>
    internal static RunRecord? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<RunRecord>(System.IO.File.ReadAllText(file), StoredRecord.Json) is { Format: CurrentFormat } record ? record : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException)
        {
            return null;
        }
    }

    /// <summary>Writes it so that nobody ever sees half of one.</summary>
    internal void Write(string file)
    {
        var made = file + ".tmp";
        System.IO.File.WriteAllText(made, JsonSerializer.Serialize(this, StoredRecord.Json));
        Durable.Flush(made);
        System.IO.File.Move(made, file, overwrite: true);
    }
}
