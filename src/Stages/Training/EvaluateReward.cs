using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Stages.Judging;
using TorchSharp;

namespace DataflowRlhf.Stages.Training;

/// <summary>
/// How well reward models order held-out pairs: on the labels as given, on the planted truth, on the rows where both agree (paper 2.5), by strength,
/// in and out of distribution. A language model may be measured beside them: as a judge of the same pairs, without a score.
/// </summary>
[Stage("evaluate-reward", "Measures reward models on held-out pairs.")]
[Example(Examples.Reward + """
      accuracy: { uses: evaluate-reward, from: { pairs: tokens, models: [reward] } }
    """)]
public sealed class EvaluateReward : Stage
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private const int RowsAPart = 2048;
    private readonly Options options;
    private readonly TimeProvider time;

    public EvaluateReward(Options options)
        : this(options, TimeProvider.System)
    {
    }

    /// <param name="time">For the waits and timeouts of an llm judge.</param>
    internal EvaluateReward(Options options, TimeProvider time)
    {
        (this.options, this.time) = (options, time);
        if (options.Llm)
            _ = Endpoint.Of(options.Judging);
    }

    public sealed record Options
    {
        [Option("Groups of equal size, ordered by strength, where rows carry strength_mean but no decile. Default: 10.")]
        [Range(2, 1000)]
        public int StrengthGroups { get; init; } = 10;

        [PerformanceOnly]
        [Option("Tokens in one forward pass. Default: 4096, which suits the caches of a CPU; a GPU takes more.")]
        [Range(1, int.MaxValue)]
        public int TokensPerPass { get; init; } = 4096;

        [Option("The weights' type: float32 or bfloat16. Default: float32.")]
        public Precision Precision { get; init; } = Precision.Float32;

        [Option("Also asks a language model which response it prefers, on the same rows (judge-model, base-url); both orders are asked. Default: false.")]
        public bool Llm { get; init; }

        [OptionGroup]
        public JudgeOptions Judging { get; init; } = new();
    }

    public override StagePorts Ports => new(
        [new DatasetPort("pairs", PairTable.Needs) { Streams = false }, new ModelPort("models", ModelWords.Reward) { Many = true }],
        Output.Report);

    public override bool UsesDevice => true;

    public override async Task RunAsync(IStageRun run)
    {
        var artifacts = run.Artifacts("models");
        var positions = artifacts.Min(a => DecoderConfig.Read(a.Folder).Longest);
        var table = await PairTable.ReadAsync(run, "pairs", positions, Vocabulary.Of(artifacts), "validation", "ood");
        var validation = table.Of("validation");
        var ood = table.Of("ood");
        if (validation.Count + ood.Count == 0)
            throw new StageException("No row to measure on: 'pairs' has none of split 'validation' or 'ood' that the models can take.");
        var reports = new JsonArray();
        for (var i = 0; i < artifacts.Count; i++)
        {
            var report = Measure(i, artifacts[i], validation, ood, run);
            run.Say(Line(report));
            reports.Add((JsonNode)report);
            run.Progress(i + 1, artifacts.Count, "models");
        }
        if (options.Llm)
        {
            var report = await AskAsync(TextTokenizer.Load(artifacts[0].Folder), validation, ood, run);
            run.Say(Line(report));
            reports.Add((JsonNode)report);
        }
        run.Summarize("validation_rows", validation.Count);
        run.Summarize("ood_rows", ood.Count);
        run.Summarize("quarantined", table.Quarantined);
        run.Summarize("models", reports.DeepClone());
        var path = Path.Combine(run.OutputFolder, "report.json");
        await File.WriteAllTextAsync(path, new JsonObject { ["models"] = reports }.ToJsonString(Indented) + "\n", run.Stopping);
    }

    private JsonObject Measure(int number, ArtifactInput artifact, List<PairRow> validation, List<PairRow> ood, IStageRun run)
    {
        var device = torch.device(run.Device);
        RewardModel? model = null;
        float[] Differences(List<PairRow> rows, string split)
        {
            var all = new List<float>(rows.Count);
            foreach (var part in rows.Chunk(RowsAPart))
                all.AddRange(KeptWork.Get(run, $"differences-{number}-{split}-{all.Count}", part.Length, () =>
                {
                    model ??= ModelFolder.LoadReward(artifact.Folder, device, dtype: options.Precision.Type());
                    var scores = RewardScorer.Score(model, part.Select(r => r.Pair).ToList(), options.TokensPerPass, device, run.Stopping);
                    run.Count("tokens", part.Sum(r => (long)r.Pair.Tokens));
                    return scores.Select(s => s.Chosen - s.Rejected).ToArray();
                }));
            return [.. all];
        }
        try
        {
            return Facts(artifact, validation, ood, Differences);
        }
        finally
        {
            model?.Dispose();
        }
    }

    private JsonObject Facts(ArtifactInput artifact, List<PairRow> validation, List<PairRow> ood, Func<List<PairRow>, string, float[]> differences)
    {
        var report = new JsonObject { ["stage"] = artifact.Stage };
        if (validation.Count > 0)
            foreach (var (name, value) in RewardReport.Of(validation, differences(validation, "validation"), options.StrengthGroups))
                report[name] = value;
        if (ood.Count > 0)
            report["ood"] = new JsonObject(RewardReport.Of(ood, differences(ood, "ood"), options.StrengthGroups).Select(p => KeyValuePair.Create(p.Name, p.Value)));
        return report;
    }

    /// <summary>The language model's entry. It reads the very tokens that the models score, as text.</summary>
    private async Task<JsonObject> AskAsync(TextTokenizer tokenizer, List<PairRow> validation, List<PairRow> ood, IStageRun run)
    {
        using var judge = new LlmJudge(options.Judging, run, time);
        var unclear = new List<string>();
        var report = new JsonObject { ["stage"] = $"llm {options.Judging.JudgeModel}" };
        foreach (var (name, value) in await JudgedPreferences.OfAsync(judge, tokenizer, validation, options.StrengthGroups, run, unclear))
            report[name] = value;
        var outside = await JudgedPreferences.OfAsync(judge, tokenizer, ood, options.StrengthGroups, run, unclear);
        if (outside.Count > 0)
            report["ood"] = new JsonObject(outside.Select(p => KeyValuePair.Create(p.Name, p.Value)));
        if (!report.ContainsKey("rows") && outside.Count == 0 && unclear.Count > 0)
            throw new StageException($"The judge {options.Judging.JudgeModel} gave no verdict on any of {unclear.Count} pairs: {unclear[0]}. Another model may keep to the form:  write: judge-model: NAME");
        return report;
    }

    private static string Line(JsonObject report)
    {
        static string Facts(JsonObject part) => string.Join(", ", new[] { "original", "truth", "agreement" }
            .Where(part.ContainsKey).Select(n => string.Create(CultureInfo.InvariantCulture, $"{n} {part[n]!.GetValue<double>():P1}")));
        var text = $"{report["stage"]}: {Facts(report)}";
        return report["ood"] is JsonObject ood ? $"{text}; ood: {Facts(ood)}" : text;
    }
}
