using System.ComponentModel.DataAnnotations;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Generation;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Statistics;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Stages.World;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Stages.Policies;

/// <summary>Two policies answer the same prompts and a judge prefers one: win, tie, lose (paper Tables 2 and 3).</summary>
[Stage("compare", "Lets two policies answer the same prompts and a judge count wins, ties and losses.")]
public sealed class Compare : Stage
{
    private readonly Options options;

    public Compare(Options options)
    {
        this.options = options;
        if (options.Split is not ("train" or "validation" or "ood" or "all"))
            throw new OptionException("split", $"'{options.Split}' is not train, validation, ood or all", "split: validation");
    }

    public enum JudgedBy
    {
        Gold,
        RewardModel,
    }

    public sealed record Options : SamplingKnobs
    {
        [Option("Who judges: gold (the synthetic world's true reward) or reward-model (the port judge). Default: gold.")]
        public JudgedBy Judge { get; init; }

        [Option("Which rows' prompts: validation, ood, train or all. Default: validation.")]
        public string Split { get; init; } = "validation";

        [Option("At most so many prompts; 0: all. Default: 0.")]
        [Range(0, int.MaxValue)]
        public int MaxPrompts { get; init; }

        [Option("Scores closer than this are a tie. Default: 0.000001.")]
        [Range(0, 1e6)]
        public double TieMargin { get; init; } = 1e-6;
    }

    public override StagePorts Ports => new(
        [
            new DatasetPort("prompts", PromptSet.Needs), new ModelPort("candidate"), new ModelPort("opponent"),
            new ModelPort("judge") { Optional = options.Judge == JudgedBy.Gold },
        ],
        Output.Report);

    public override bool UsesDevice => true;

    public override async Task RunAsync(IStageRun run)
    {
        var prompts = await PromptSet.ReadAsync(run, "prompts", options.Split, options.MaxPrompts);
        var (ours, ourLength) = Scores(run, "candidate", prompts);
        var (theirs, theirLength) = Scores(run, "opponent", prompts);
        var (win, tie, lose) = (0, 0, 0);
        for (var i = 0; i < ours.Length; i++)
        {
            var gap = ours[i] - theirs[i];
            win += gap > options.TieMargin ? 1 : 0;
            lose += gap < -options.TieMargin ? 1 : 0;
            tie += Math.Abs(gap) <= options.TieMargin ? 1 : 0;
        }
        var rate = WinRate.Of(win, tie, lose);
        run.Summarize("candidate", run.Artifact("candidate").Stage);
        run.Summarize("opponent", run.Artifact("opponent").Stage);
        run.Summarize("judge", Kebab.Of(options.Judge.ToString()));
        run.Summarize("split", options.Split);
        run.Summarize("prompts", ours.Length);
        run.Summarize("win", win);
        run.Summarize("tie", tie);
        run.Summarize("lose", lose);
        run.Summarize("win_rate", rate.Rate);
        run.Summarize("low", rate.Low);
        run.Summarize("high", rate.High);
        run.Summarize("candidate_score", ours.Average());
        run.Summarize("opponent_score", theirs.Average());
        run.Summarize("candidate_length", ourLength);
        run.Summarize("opponent_length", theirLength);
    }

    /// <summary>The judge's score of one response a prompt, and the mean length in tokens. Both sides draw with the same seed.</summary>
    private (double[] Scores, double MeanLength) Scores(IStageRun run, string port, PromptSet prompts)
    {
        var folder = run.Artifact(port).Folder;
        var tokenizer = TextTokenizer.Load(folder);
        var device = torch.device(run.Device);
        using var policy = ModelFolder.LoadCausalLm(folder, device);
        policy.eval();
        run.Stopping.ThrowIfCancellationRequested();
        var samples = Sampler.Sample(policy, prompts.Ids, 1, options.Sampling(tokenizer), run.Seed, device).OrderBy(s => s.Prompt).ToList();
        run.Progress(port == "candidate" ? 1 : 2, 2, "policies");
        var scores = options.Judge == JudgedBy.Gold
            ? [.. samples.Select(s => PreferenceWorld.Gold(prompts.Texts[s.Prompt], tokenizer.Decode(s.Ids)))]
            : ByRewardModel(run, prompts, samples, device);
        return (scores, samples.Average(s => s.Ids.Length));
    }

    private static double[] ByRewardModel(IStageRun run, PromptSet prompts, List<Sample> samples, Device device)
    {
        using var judge = ModelFolder.LoadReward(run.Artifact("judge").Folder, device);
        judge.eval();
        using var off = no_grad();
        var scores = new List<double>(samples.Count);
        foreach (var pass in Passes.Cut([.. Enumerable.Range(0, samples.Count)], i => prompts.Ids[samples[i].Prompt].Length + samples[i].Ids.Length, 4096))
        {
            using var scope = NewDisposeScope();
            using var batch = PackedBatch.FromGroups([.. pass.Select(i => new PackedGroup(prompts.Ids[samples[i].Prompt], [samples[i].Ids]))], device);
            scores.AddRange(judge.Rewards(batch).to(ScalarType.Float64).cpu().data<double>().ToArray());
        }
        return [.. scores];
    }
}
