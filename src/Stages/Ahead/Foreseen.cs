using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Memory;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Stages.Training;

namespace DataflowRlhf.Stages.Ahead;

/// <summary>What stages that train can know before they run.</summary>
internal static class Foreseen
{
    /// <summary>The shape of the model that a stage will start from: of the option's folder, of the artifact, else as promised; null: not known.</summary>
    public static DecoderConfig? Model(IForesight ahead, string? option, string port) =>
        option is not null ? DecoderConfig.Read(ahead.Resolve(option))
        : ahead.Artifact(port) is { } made ? DecoderConfig.Read(made.Folder)
        : (ahead.Promise(port) as ForeseenModel)?.Config;

    /// <summary>Tokens of the vocabulary, at most where it is only promised.</summary>
    public static int? Vocabulary(IForesight ahead, string? option, string port) =>
        option is not null ? TextTokenizer.Load(ahead.Resolve(option)).VocabSize
        : ahead.Artifact(port) is { } made ? TextTokenizer.Load(made.Folder).VocabSize
        : (ahead.Promise(port) as ForeseenVocabulary)?.Size;

    /// <summary>The passes of the steps over these groups in their order; <c>Whole</c>: the step is this one pass.</summary>
    /// <param name="batch">Groups a step.</param>
    public static IEnumerable<(PassShape Pass, bool Whole)> Passes(IReadOnlyList<GroupLength> groups, int batch, int tokensPerPass)
    {
        foreach (var step in groups.Chunk(batch))
        {
            var cut = Learning.Training.Passes.Cut([.. Enumerable.Range(0, step.Length)], i => step[i].Tokens, tokensPerPass);
            foreach (var pass in cut)
                yield return (PassShape.Of([.. pass.Select(i => step[i])]), cut.Count == 1);
        }
    }

    /// <summary>The groups that a stage makes of rows: of the sample, or as many of the longest as a step has.</summary>
    /// <param name="responses">Responses of a row.</param>
    public static IReadOnlyList<GroupLength> Groups(ForeseenRows rows, int batch, int responses, Func<ForeseenRow, GroupLength> of) => rows.Known
        ? [.. rows.Sample.Select(of).Where(g => g.Tokens > 0)]
        : [.. Enumerable.Repeat(of(responses == 1 ? new(1, rows.Longest - 1, 0) : new(1, rows.Longest - 1, rows.Longest - 1)), batch)];

    /// <summary>What a training holds whatever its rows are, and what it would hold with other options.</summary>
    /// <param name="rank">Of the adapters; null: they are not possible.</param>
    /// <param name="of">The forecast with a rank and a precision, of a pass over nothing.</param>
    public static Held Held(int? rank, Precision precision, Func<int, Precision, MemoryForecast> of)
    {
        var now = of(rank ?? 0, precision);
        List<(string Write, int Rank, Precision Precision)> instead = [];
        if (precision == Precision.Float32)
            instead.Add(("precision: bfloat16", rank ?? 0, Precision.Bfloat16));
        if (rank == 0)
            instead.Add(("lora-rank: 8", 8, precision));
        if (precision == Precision.Float32 && rank == 0)
            instead.Add(("lora-rank: 8, precision: bfloat16", 8, Precision.Bfloat16));
        return new(
            [("weights", now.Weights), ("gradients", now.Gradients), ("the optimizer's moments", now.Moments), ("float32 copies", now.Masters)],
            [.. instead.Select(i => (i.Write, of(i.Rank, i.Precision).Held))]);
    }

    /// <summary>Tells the person at a stage's start that its rows will not fit.</summary>
    public static void Warn(IStageRun run, Outlook outlook)
    {
        if (outlook.Warning(Devices.Memory(run.Device)) is { } tight)
            run.Warn(tight);
    }
}
