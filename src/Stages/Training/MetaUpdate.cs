using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Memory;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Stages.Ahead;
using TorchSharp;

namespace DataflowRlhf.Stages.Training;

/// <summary>MetaRM (paper 3.2, Algorithm 1): adapts a reward model to the distribution that the policy has shifted to.</summary>
[Stage("meta-update", "Adapts a reward model to responses of the shifted policy (MetaRM).")]
[Example(Examples.Reward + """
      shifted: { uses: sample-responses, from: { prompts: tokens, policy: sft }, with: { per-prompt: 2, max-prompts: 6, max-new-tokens: 8 } }
      meta: { uses: meta-update, from: { pairs: tokens, shifted: shifted, model: reward }, with: { batch-size: 8, meta-batch: 2, learning-rate: 0.001 } }
    """)]
public sealed class MetaUpdate(MetaUpdate.Options options) : Stage
{
    public sealed record Options : TrainingOptions
    {
        [Option("The ascent's step η on the difference loss; 0 trains plainly. Default: 0.001.")]
        [Range(0, 1000)]
        public double Eta { get; init; } = 1e-3;

        [Option("The highest learning rate α. Default: 5e-6.")]
        [Range(0, 10)]
        public double LearningRate { get; init; } = 5e-6;

        [Option("Pairs an optimizer step. Default: 32.")]
        [Range(1, 1_000_000)]
        public int BatchSize { get; init; } = 32;

        [Option("Prompts of the shifted set an optimizer step. Default: 8.")]
        [Range(1, 1_000_000)]
        public int MetaBatch { get; init; } = 8;
    }

    public override StagePorts Ports => new(
        [
            new DatasetPort("pairs", PairTable.Needs) { Streams = false, Only = (Columns.Split.Name, "train") },
            new DatasetPort("shifted", Columns.PromptIds, Columns.ResponseIds, Columns.ResponseLengths) { Streams = false },
            new ModelPort("model", ModelWords.Reward),
        ],
        Output.ModelOf(ModelWords.Reward));

    public override bool UsesDevice => true;

    /// <inheritdoc/>
    public override Outlook? Foresee(IForesight ahead)
    {
        if (Foreseen.Model(ahead, null, "model") is not { } config)
            return null;
        var needs = new Outlook { Promise = new ForeseenModel(config), Held = options.Held(config, true, m => StepMemory.Meta(m, default, default)) };
        return ahead.Promise("pairs") is ForeseenRows rows && ahead.Promise("shifted") is ForeseenGroups shifted
            ? Needs(config, Foreseen.Groups(rows, options.BatchSize, 2, r => new(r.Tokens, 0, 2)), shifted.Groups, ahead.Device) with
            {
                AtMost = !rows.Known || !shifted.Known, Promise = needs.Promise, Held = needs.Held,
            }
            : needs;
    }

    /// <summary>The longest of the steps: a step is one pass over its pairs and one over its shifted prompts.</summary>
    private Outlook Needs(DecoderConfig config, IReadOnlyList<GroupLength> pairs, IReadOnlyList<GroupLength> shifted, string device)
    {
        var climb = shifted.Chunk(options.MetaBatch).Select(c => PassShape.Of(c)).MaxBy(p => p.Tokens);
        var bytes = pairs.Chunk(options.BatchSize).Max(p => StepMemory.Meta(options.Shape(config), climb, PassShape.Of(p)).Peak(device));
        return new Outlook { Bytes = bytes, Lower = ["batch-size: " + Math.Max(1, options.BatchSize / 2), .. options.Lower().Where(l => !l.StartsWith("tokens", StringComparison.Ordinal))] };
    }

    public override async Task RunAsync(IStageRun run)
    {
        var folder = run.Artifact("model").Folder;
        var config = DecoderConfig.Read(folder);
        var (positions, vocabulary) = (config.Longest, Vocabulary.Of(config));
        var table = await PairTable.ReadAsync(run, "pairs", positions, vocabulary, "train");
        var pairs = table.Of("train").Select(r => r.Pair).ToList();
        if (pairs.Count == 0)
            throw new StageException("No row to train on: 'pairs' has none of split 'train' that the model can take.");
        var shifted = await ReadShifted(run, positions, vocabulary);
        Foreseen.Warn(run, Needs(DecoderConfig.Read(folder), [.. pairs.Select(p => new GroupLength(p.Tokens, 0, 2))],
            [.. shifted.Select(s => new GroupLength(s.Prompt.Length + s.Branches.Sum(b => b.Length), 0, s.Branches.Count))], run.Device));
        var device = torch.device(run.Device);
        using var model = ModelFolder.LoadReward(folder, device, dtype: options.Precision.Type());
        model.Decoder.Recomputes = options.Recompute;
        LowRank.Adapt(run, options.Lora, model.Decoder.Adapt);
        var objective = new MetaTrainer(model, pairs, shifted, options.MetaBatch, options.Eta, SeededRandom.Mix(run.Seed, "meta set"), device);
        var curves = Trained.Run(run, objective, options.Settings(run, options.LearningRate, options.BatchSize), null, ["batch-size: " + Math.Max(1, options.BatchSize / 2), .. options.Lower()]);
        List<(string Name, JsonNode? Value)> results =
        [
            ("rows", pairs.Count), ("prompts", shifted.Count), ("steps", curves["loss"].Count),
            ("loss", curves.Final("loss")), ("accuracy", curves.Final("accuracy")), ("difference", curves.Final("difference")),
        ];
        foreach (var (name, value) in results)
            run.Summarize(name, value?.DeepClone());
        LowRank.Leave(run, model, null);
        ModelFolder.Save(model, run.OutputFolder, folder,
            ModelCard.Write(run, "meta-update", "A reward model adapted by MetaRM to the responses of a shifted policy.", options, results));
    }

    /// <summary>The meta set: prompts with their k responses. Prompts whose responses do not fit the model are put aside.</summary>
    private static async Task<List<PackedGroup>> ReadShifted(IStageRun run, int positions, Vocabulary vocabulary)
    {
        var groups = new List<PackedGroup>();
        await foreach (var batch in run.Read("shifted"))
        {
            var (prompts, ids, lengths) = (batch.Get(Columns.PromptIds), batch.Get(Columns.ResponseIds), batch.Get(Columns.ResponseLengths));
            for (var row = 0; row < batch.Rows; row++)
            {
                vocabulary.Check(batch, row, Columns.PromptIds, Columns.ResponseIds);
                if (lengths[row].Any(l => l < 1 || prompts[row].Length + l > positions) || prompts[row].Length == 0)
                {
                    run.Quarantine(batch, row, $"a response is empty, or longer with its prompt than the model's {positions} tokens");
                    continue;
                }
                var responses = new List<int[]>();
                var at = 0;
                foreach (var length in lengths[row])
                {
                    responses.Add(ids[row][at..(at + length)]);
                    at += length;
                }
                groups.Add(new PackedGroup(prompts[row], responses));
            }
        }
        if (groups.Count == 0 || groups[0].Branches.Count < 2)
            throw new StageException($"MetaRM compares several responses of a prompt; 'shifted' has {(groups.Count == 0 ? "no prompts" : "one response a prompt")}. Write at the stage that samples:  per-prompt: 4");
        return groups;
    }
}
