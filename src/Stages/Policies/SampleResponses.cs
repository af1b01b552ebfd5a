using System.ComponentModel.DataAnnotations;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Generation;
using DataflowRlhf.Learning.Memory;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Stages.Ahead;
using DataflowRlhf.Stages.Training;
using TorchSharp;

namespace DataflowRlhf.Stages.Policies;

/// <summary>k responses to each prompt from a policy, as MetaRM's shifted set needs them (paper 3.2).</summary>
[Stage("sample-responses", "Samples k responses to each prompt from a policy, with their log-probabilities.")]
[Example(Examples.Policy + """
      shifted: { uses: sample-responses, from: { prompts: tokens, policy: sft }, with: { per-prompt: 2, max-prompts: 6, max-new-tokens: 8 } }
    """)]
public sealed class SampleResponses(SampleResponses.Options options) : Stage
{
    private const int PromptsABatch = 64;

    public sealed record Options : SamplingKnobs
    {
        [Option("Responses a prompt. Default: 4.")]
        [Range(1, 1024)]
        public int PerPrompt { get; init; } = 4;

        [Option("Which rows' prompts: train, validation, ood or all. Default: train.")]
        public string Split { get; init; } = "train";

        [Option("At most so many prompts; 0: all. Default: 0.")]
        [Range(0, int.MaxValue)]
        public int MaxPrompts { get; init; }
    }

    public override StagePorts Ports => new(
        [new DatasetPort("prompts", PromptSet.Needs), new ModelPort("policy", ModelWords.Language)],
        Output.Rows(Columns.RowId, Columns.Prompt, Columns.PromptIds, Columns.Responses, Columns.ResponseIds, Columns.ResponseLengths, Columns.ResponseLogProbs));

    public override bool UsesDevice => true;

    /// <inheritdoc/>
    public override Outlook? Foresee(IForesight ahead)
    {
        if (ahead.Left is { } left)
            return new Outlook { Promise = ForeseenGroups.Of(left) };
        if (ahead.Promise("prompts") is not ForeseenRows rows)
            return null;
        var longest = rows.Known ? rows.Sample.Max(r => r.Prompt) : rows.Longest;
        var answers = options.PerPrompt * options.MaxNewTokens;
        return new Outlook { Promise = new ForeseenGroups([.. Enumerable.Repeat(new GroupLength(longest + answers, answers, options.PerPrompt), 64)], false) };
    }

    public override async Task RunAsync(IStageRun run)
    {
        var prompts = await PromptSet.ReadAsync(run, "prompts", options.Split, options.MaxPrompts, Vocabulary.Of(run.Artifacts("policy")));
        var folder = run.Artifact("policy").Folder;
        var tokenizer = TextTokenizer.Load(folder);
        var device = torch.device(run.Device);
        using var policy = ModelFolder.LoadCausalLm(folder, device);
        policy.eval();
        var sampling = options.Sampling(tokenizer);
        long tokens = 0, finished = 0;
        for (var start = 0; start < prompts.Ids.Count; start += PromptsABatch)
        {
            run.Stopping.ThrowIfCancellationRequested();
            var count = Math.Min(PromptsABatch, prompts.Ids.Count - start);
            var asked = Batch.Of(0, count)
                .With(Columns.RowId, [.. prompts.RowIds.Skip(start).Take(count)])
                .With(Columns.Prompt, [.. prompts.Texts.Skip(start).Take(count)])
                .With(Columns.PromptIds, [.. prompts.Ids.Skip(start).Take(count)]);
            var seed = SeededRandom.Mix(run.Seed, $"prompts {start}");
            var answered = await run.OnceAsync(asked, () =>
            {
                var samples = Sampler.Sample(policy, asked.Get(Columns.PromptIds), options.PerPrompt, sampling, seed, device, stopping: run.Stopping);
                run.Count("tokens", samples.Sum(s => (long)s.Ids.Length));
                return Answer(asked, samples, tokenizer);
            });
            var (lengths, ids) = (answered.Get(Columns.ResponseLengths), answered.Get(Columns.ResponseIds));
            for (var row = 0; row < count; row++)
            {
                tokens += ids[row].Length;
                var end = 0;
                foreach (var length in lengths[row])
                    finished += sampling.StopIds.Contains(ids[row][(end += length) - 1]) ? 1 : 0;
            }
            await run.EmitAsync(answered);
            run.Progress(start + count, prompts.Ids.Count, "prompts");
        }
        var responses = (long)prompts.Ids.Count * options.PerPrompt;
        run.Summarize("responses", responses);
        run.Summarize("mean_length", (double)tokens / responses);
        run.Summarize("finished", (double)finished / responses);
    }

    private static Batch Answer(Batch asked, List<Sample> samples, TextTokenizer tokenizer)
    {
        var byPrompt = samples.ToLookup(s => s.Prompt);
        var each = Enumerable.Range(0, asked.Rows).Select(i => byPrompt[i].ToArray()).ToArray();
        return asked
            .With(Columns.Responses, [.. each.Select(e => e.Select(s => tokenizer.Decode(s.Ids)).ToArray())])
            .With(Columns.ResponseIds, [.. each.Select(e => e.SelectMany(s => s.Ids).ToArray())])
            .With(Columns.ResponseLengths, [.. each.Select(e => e.Select(s => s.Ids.Length).ToArray())])
            .With(Columns.ResponseLogProbs, [.. each.Select(e => e.SelectMany(s => s.LogProbs).ToArray())]);
    }
}
