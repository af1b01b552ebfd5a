using System.Text.Json;
using System.Text.Json.Serialization;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Weights;

namespace DataflowRlhf.Stages.Judging;

/// <summary>
/// Parts of a report's long work, such as responses and scores, kept in the stage's checkpoint folder until it finishes: a stage that was killed, stopped or
/// reached its cap makes only the rest, and asks about the same texts again, also on a device that would draw others.
/// </summary>
internal static class KeptWork
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Reads what was kept under a name, or makes and keeps it.</summary>
    /// <param name="name">Of this part, once a stage.</param>
    /// <param name="count">How many entries it has.</param>
    public static T[] Get<T>(IStageRun run, string name, int count, Func<T[]> make)
    {
        var file = Path.Combine(run.CheckpointFolder, name + ".json");
        if (Read<T>(file) is { } kept && kept.Length == count && Array.TrueForAll(kept, k => k is not null))
            return kept;
        run.Stopping.ThrowIfCancellationRequested();
        var made = make();
        DurableFile.Write(file, stream => JsonSerializer.Serialize(stream, made, Json));
        return made;
    }

    private static T[]? Read<T>(string file)
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<T[]>(File.ReadAllBytes(file), Json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
