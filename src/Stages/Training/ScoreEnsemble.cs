using System.ComponentModel.DataAnnotations;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Training;
using TorchSharp;

namespace DataflowRlhf.Stages.Training;

/// <summary>Every voter's reward of both responses of every pair (paper 2.2): rows stream through, each model is loaded once.</summary>
[Stage("score-ensemble", "Scores both responses of each pair with every voter.")]
[Example(Examples.Votes)]
public sealed class ScoreEnsemble(ScoreEnsemble.Options options) : Stage
{
    public sealed record Options
    {
        [PerformanceOnly]
        [Option("Tokens in one forward pass. Default: 4096, which suits the caches of a CPU; a GPU takes more.")]
        [Range(1, int.MaxValue)]
        public int TokensPerPass { get; init; } = 4096;

        [Option("The weights' type: float32 or bfloat16. Default: float32.")]
        public Precision Precision { get; init; } = Precision.Float32;
    }

    public override StagePorts Ports => new(
        [new DatasetPort("pairs", PairTable.Needs), new ModelPort("models", ModelWords.Reward) { Many = true }],
        Output.Through("pairs", Columns.ChosenScores, Columns.RejectedScores));

    public override bool UsesDevice => true;

    public override async Task RunAsync(IStageRun run)
    {
        var device = torch.device(run.Device);
        var folders = run.Artifacts("models").Select(m => m.Folder).ToList();
        var positions = folders.Min(f => DecoderConfig.Read(f).Longest);
        var models = new List<RewardModel>();
        try
        {
            foreach (var folder in folders)
                models.Add(ModelFolder.LoadReward(folder, device, dtype: options.Precision.Type()));
            var vocabulary = Vocabulary.Of(run.Artifacts("models"));
            long rows = 0, agreeing = 0;
            await foreach (var batch in run.Read("pairs"))
            {
                var scored = await run.OnceAsync(batch, () => Score(batch, models, positions, vocabulary, device, run));
                agreeing += Agreeing(scored);
                rows += scored.Rows;
                run.Progress(rows, null, "rows");
                await run.EmitAsync(scored);
            }
            run.Summarize("voters", models.Count);
            run.Summarize("rows", rows);
            run.Summarize("unanimous", rows == 0 ? 0 : (double)agreeing / rows);
        }
        finally
        {
            models.ForEach(m => m.Dispose());
        }
    }

    private Batch Score(Batch batch, List<RewardModel> models, int positions, Vocabulary vocabulary, torch.Device device, IStageRun run)
    {
        var prompts = batch.Get(Columns.PromptIds);
        var chosen = batch.Get(Columns.ChosenIds);
        var rejected = batch.Get(Columns.RejectedIds);
        var pairs = new List<PreferencePair>(batch.Rows);
        var kept = new List<int>(batch.Rows);
        for (var row = 0; row < batch.Rows; row++)
        {
            vocabulary.Check(batch, row, Columns.PromptIds, Columns.ChosenIds, Columns.RejectedIds);
            var pair = new PreferencePair(prompts[row], chosen[row], rejected[row]);
            if (PairTable.Problem(pair, positions) is { } problem)
            {
                run.Quarantine(batch, row, problem);
                continue;
            }
            pairs.Add(pair);
            kept.Add(row);
        }
        run.Count("tokens", pairs.Sum(p => (long)p.Tokens) * models.Count);
        var forChosen = pairs.Select(_ => new float[models.Count]).ToArray();
        var forRejected = pairs.Select(_ => new float[models.Count]).ToArray();
        for (var voter = 0; voter < models.Count; voter++)
        {
            var scores = RewardScorer.Score(models[voter], pairs, options.TokensPerPass, device, run.Stopping);
            for (var i = 0; i < scores.Length; i++)
                (forChosen[i][voter], forRejected[i][voter]) = scores[i];
        }
        return (kept.Count == batch.Rows ? batch : batch.Select(kept.ToArray()))
            .With(Columns.ChosenScores, forChosen).With(Columns.RejectedScores, forRejected);
    }

    /// <summary>Rows that all voters order alike.</summary>
    private static int Agreeing(Batch batch)
    {
        var chosen = batch.Get(Columns.ChosenScores);
        var rejected = batch.Get(Columns.RejectedScores);
        var count = 0;
        for (var row = 0; row < batch.Rows; row++)
        {
            var signs = chosen[row].Zip(rejected[row], (c, r) => Math.Sign(c - r)).Distinct().Count();
            count += signs == 1 ? 1 : 0;
        }
        return count;
    }
}
