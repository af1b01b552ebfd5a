using System.ComponentModel.DataAnnotations;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Generation;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Statistics;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Stages.Judging;
using DataflowRlhf.Stages.Training;
using DataflowRlhf.Stages.World;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Stages.Policies;

/// <summary>Two policies answer the same prompts and a judge prefers one: win, tie, lose (paper Tables 2 and 3).</summary>
[Stage("compare", "Lets two policies answer the same prompts and a judge count wins, ties and losses.")]
[Example(Examples.Reward + """
      policy:
        uses: ppo
        from: { prompts: tokens, policy: sft, reward: reward }
        with: { iterations: 2, prompts-per-iteration: 4, per-prompt: 2, max-new-tokens: 8, policy-rate: 0.01, value-rate: 0.01 }
      verdict: { uses: compare, from: { prompts: tokens, candidate: policy, opponent: sft }, with: { judge: gold, max-new-tokens: 8 } }
    """)]
public sealed class Compare : Stage
{
    private const int PromptsAPart = 512;
    private readonly Options options;
    private readonly TimeProvider time;

    public Compare(Options options)
        : this(options, TimeProvider.System)
    {
    }

    /// <param name="time">For the waits and timeouts of an llm judge.</param>
    internal Compare(Options options, TimeProvider time)
    {
        (this.options, this.time) = (options, time);
        if (options.Split is not ("train" or "validation" or "ood" or "all"))
            throw new OptionException("split", $"'{options.Split}' is not train, validation, ood or all", "split: validation");
        if (options.Judge == JudgedBy.Llm)
            _ = Endpoint.Of(options.Judging);
    }

    public enum JudgedBy
    {
        Gold,
        RewardModel,
        Llm,
    }

    public sealed record Options : SamplingKnobs
    {
        [Option("Who judges: gold (the synthetic world's true reward), reward-model (the port judge) or llm (a model behind a chat-completions endpoint: judge-model). Default: gold.")]
        public JudgedBy Judge { get; init; }

        [Option("Which rows' prompts: validation, ood, train or all. Default: validation.")]
        public string Split { get; init; } = "validation";

        [Option("At most so many prompts; 0: all. Default: 0.")]
        [Range(0, int.MaxValue)]
        public int MaxPrompts { get; init; }

        [Option("Scores closer than this are a tie; an llm judge gives none. Default: 0.000001.")]
        [Range(0, 1e6)]
        public double TieMargin { get; init; } = 1e-6;

        [OptionGroup]
        public JudgeOptions Judging { get; init; } = new();
    }

    public override StagePorts Ports => new(
        [
            new DatasetPort("prompts", PromptSet.Needs) { Streams = false }, new ModelPort("candidate", ModelWords.Language), new ModelPort("opponent", ModelWords.Language),
            new ModelPort("judge", ModelWords.Reward) { Optional = options.Judge != JudgedBy.RewardModel },
        ],
        Output.Report);

    public override bool UsesDevice => true;

    public override async Task RunAsync(IStageRun run)
    {
        var prompts = await PromptSet.ReadAsync(run, "prompts", options.Split, options.MaxPrompts, Vocabulary.Of(Models(run)));
        run.Summarize("candidate", run.Artifact("candidate").Stage);
        run.Summarize("opponent", run.Artifact("opponent").Stage);
        run.Summarize("judge", Kebab.Of(options.Judge.ToString()));
        run.Summarize("split", options.Split);
        if (options.Judge == JudgedBy.Llm)
            await ByLanguageModelAsync(run, prompts);
        else
            ByScore(run, prompts);
    }

    private IEnumerable<ArtifactInput> Models(IStageRun run) =>
        new[] { "candidate", "opponent" }.Concat(options.Judge == JudgedBy.RewardModel ? ["judge"] : []).Select(run.Artifact);

    private void ByScore(IStageRun run, PromptSet prompts)
    {
        var (ours, theirs) = (Respond(run, "candidate", prompts), Respond(run, "opponent", prompts));
        var (ourScores, theirScores) = (Scores(run, prompts, ours), Scores(run, prompts, theirs));
        var gaps = ourScores.Zip(theirScores, (a, b) => a - b).Select(gap => gap > options.TieMargin ? 1 : gap < -options.TieMargin ? -1 : 0).ToList();
        Count(run, gaps, ours.MeanLength, theirs.MeanLength);
        run.Summarize("candidate_score", ourScores.Average());
        run.Summarize("opponent_score", theirScores.Average());
    }

    private async Task ByLanguageModelAsync(IStageRun run, PromptSet prompts)
    {
        var (ours, theirs) = (Respond(run, "candidate", prompts), Respond(run, "opponent", prompts));
        using var judge = new LlmJudge(options.Judging, run, time);
        var verdicts = await judge.JudgeAsync([.. prompts.Texts.Select((prompt, i) => new JudgedPair(prompt, ours.Texts[i], theirs.Texts[i]))]);
        for (var i = 0; i < verdicts.Length; i++)
        {
            if (verdicts[i].Unclear is { } reason)
                run.Quarantine(Row(prompts, i, ours.Texts[i], theirs.Texts[i]), 0, reason);
        }
        var clear = verdicts.Where(v => v.Unclear is null).ToList();
        if (clear.Count == 0)
            throw new StageException($"The judge {options.Judging.JudgeModel} gave no verdict on any of {verdicts.Length} pairs: {verdicts[0].Unclear}. Another model may keep to the form:  write: judge-model: NAME");
        Count(run, [.. clear.Select(v => v.Preference)], ours.MeanLength, theirs.MeanLength);
        run.Summarize("judge_model", options.Judging.JudgeModel);
        run.Summarize("disagreed", clear.Count(v => v.Disagreed));
        run.Summarize("quarantined", verdicts.Length - clear.Count);
    }

    private static Batch Row(PromptSet prompts, int at, string ours, string theirs) =>
        Batch.Of(at, 1).With(Columns.RowId, [prompts.RowIds[at]]).With(Columns.Prompt, [prompts.Texts[at]]).With(Columns.Responses, [[ours, theirs]]);

    /// <summary>Adds up preferences: 1 where the candidate is better, −1 where the opponent is, 0 for a tie.</summary>
    private static void Count(IStageRun run, List<int> preferences, double ourLength, double theirLength)
    {
        var (win, tie, lose) = (preferences.Count(p => p > 0), preferences.Count(p => p == 0), preferences.Count(p => p < 0));
        var rate = WinRate.Of(win, tie, lose);
        run.Summarize("prompts", preferences.Count);
        run.Summarize("win", win);
        run.Summarize("tie", tie);
        run.Summarize("lose", lose);
        run.Summarize("win_rate", rate.Rate);
        run.Summarize("low", rate.Low);
        run.Summarize("high", rate.High);
        run.Summarize("candidate_length", ourLength);
        run.Summarize("opponent_length", theirLength);
    }

    /// <summary>The judge's score of one response a prompt.</summary>
    private double[] Scores(IStageRun run, PromptSet prompts, Answers answers) => options.Judge == JudgedBy.Gold
        ? [.. answers.Texts.Select((text, i) => PreferenceWorld.Gold(prompts.Texts[i], text))]
        : ByRewardModel(run, prompts, answers, torch.device(run.Device));

    /// <summary>What a policy says to each prompt.</summary>
    private sealed record Answers(string Whose, int[][] Ids, string[] Texts)
    {
        /// <summary>In tokens.</summary>
        public double MeanLength => Ids.Average(i => i.Length);
    }

    /// <summary>Lets a policy answer every prompt once. Both sides draw with the same seed. Answers are kept part by part.</summary>
    private Answers Respond(IStageRun run, string port, PromptSet prompts)
    {
        var (stage, folder) = (run.Artifact(port).Stage, run.Artifact(port).Folder);
        var tokenizer = TextTokenizer.Load(folder);
        var device = torch.device(run.Device);
        CausalLm? policy = null;
        try
        {
            var ids = new List<int[]>(prompts.Ids.Count);
            for (var start = 0; start < prompts.Ids.Count; start += PromptsAPart)
            {
                int[][] part = [.. prompts.Ids.Skip(start).Take(PromptsAPart)];
                ids.AddRange(KeptWork.Get<int[]>(run, $"{port}-{start}", part.Length, () =>
                {
                    policy ??= ModelFolder.LoadCausalLm(folder, device);
                    int[][] said = [.. Sampler.Sample(policy, part, 1, options.Sampling(tokenizer), run.Seed, device, start, run.Stopping).OrderBy(s => s.Prompt).Select(s => s.Ids)];
                    run.Count("tokens", said.Sum(s => (long)s.Length));
                    return said;
                }));
                run.Progress(ids.Count + (port == "candidate" ? 0 : prompts.Ids.Count), 2 * prompts.Ids.Count, "responses");
            }
            return new($"A response of '{stage}'", [.. ids], [.. ids.Select(i => tokenizer.Decode(i))]);
        }
        finally
        {
            policy?.Dispose();
        }
    }

    private static double[] ByRewardModel(IStageRun run, PromptSet prompts, Answers answers, Device device)
    {
        var vocabulary = Vocabulary.Of(run.Artifacts("judge"));
        foreach (var ids in answers.Ids)
            vocabulary.Check(ids, answers.Whose);
        using var judge = ModelFolder.LoadReward(run.Artifact("judge").Folder, device);
        judge.eval();
        using var off = no_grad();
        var scores = new List<double>(answers.Ids.Length);
        foreach (var pass in Passes.Cut([.. Enumerable.Range(0, answers.Ids.Length)], i => prompts.Ids[i].Length + answers.Ids[i].Length, 4096))
        {
            run.Stopping.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var batch = PackedBatch.FromGroups([.. pass.Select(i => new PackedGroup(prompts.Ids[i], [answers.Ids[i]]))], device);
            scores.AddRange(judge.Rewards(batch).to(ScalarType.Float64).cpu().data<double>().ToArray());
            run.Count("tokens", pass.Sum(i => (long)prompts.Ids[i].Length + answers.Ids[i].Length));
        }
        return [.. scores];
    }
}
