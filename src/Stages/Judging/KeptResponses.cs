using System.Text.Json;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Judging;

/// <summary>
/// What a policy said, kept in the stage's checkpoint folder until it finishes: a stage that was killed or reached its cap asks about the same
/// texts again, also on a device that would draw others.
/// </summary>
/// <param name="Texts">One response a prompt.</param>
/// <param name="MeanLength">In tokens.</param>
internal sealed record KeptResponses(string[] Texts, double MeanLength)
{
    /// <summary>Reads what was kept under a name, or makes and keeps it.</summary>
    public static KeptResponses Get(IStageRun run, string name, int prompts, Func<KeptResponses> make)
    {
        var file = Path.Combine(run.CheckpointFolder, $"{name}-responses.json");
        if (Read(file) is { } kept && kept.Texts.Length == prompts)
            return kept;
        var made = make();
        var making = file + ".tmp";
        File.WriteAllBytes(making, JsonSerializer.SerializeToUtf8Bytes(made));
        File.Move(making, file, overwrite: true);
        return made;
    }

    private static KeptResponses? Read(string file)
    {
        try
        {
            return File.Exists(file) && JsonSerializer.Deserialize<KeptResponses>(File.ReadAllBytes(file)) is { Texts: { } texts } kept && !texts.Contains(null!) ? kept : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
