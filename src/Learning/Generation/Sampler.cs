using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Generation;

/// <summary>
/// Samples responses from a language model behind a key-value cache. Every draw depends on (seed, prompt, sample, place) alone: how many sequences are
/// decoded side by side changes the speed and nothing else, to rounding.
/// </summary>
public static class Sampler
{
    /// <summary>k responses to each prompt, in the order of the prompts.</summary>
    /// <param name="model">In eval mode.</param>
    /// <param name="prompts">Token ids; none may be empty.</param>
    /// <param name="perPrompt">k.</param>
    /// <param name="first">The number of the first prompt, where these are some of many: each draws what it would among all.</param>
    /// <param name="stopping">Ends it between two tokens.</param>
    /// <exception cref="ArgumentException">A prompt is empty, or leaves no room for a token in the model's positions.</exception>
    public static List<Sample> Sample(CausalLm model, IReadOnlyList<int[]> prompts, int perPrompt, SamplingOptions options, ulong seed, Device device, int first = 0, CancellationToken stopping = default)
    {
        var most = model.Decoder.Config.Longest;
        if (prompts.FirstOrDefault(p => p.Length == 0 || p.Length >= most) is { } unfit)
            throw new ArgumentException($"A prompt of {unfit.Length} tokens cannot be answered: 1 to {most - 1} are possible with this model's {most} positions.");
        using var off = no_grad();
        var training = model.training;
        model.eval();
        // Prompts of like length together: the cache holds as many slots as the longest needs.
        var order = Enumerable.Range(0, prompts.Count).OrderBy(i => prompts[i].Length).ThenBy(i => i).ToArray();
        var samples = new List<Sample>(prompts.Count * perPrompt);
        foreach (var part in order.Chunk(Math.Max(1, options.Concurrency / perPrompt)))
            samples.AddRange(Decode(model, prompts, part, perPrompt, options, new Source(seed, first), device, stopping));
        if (training)
            model.train();
        return [.. samples.OrderBy(s => s.Prompt)];
    }

    /// <summary>Where draws come from: the seed, and the number of the first prompt.</summary>
    private readonly record struct Source(ulong Seed, int First);

    /// <summary>A sequence being decoded.</summary>
    private sealed class Live(int prompt, int sample, IReadOnlyList<int> text)
    {
        public int Prompt { get; } = prompt;
        public int Sample { get; } = sample;
        public IReadOnlyList<int> Text { get; } = text;
        public List<int> Ids { get; } = [];
        public List<float> LogProbs { get; } = [];
        public bool Stopped { get; set; }
    }

    private static List<Sample> Decode(CausalLm model, IReadOnlyList<int[]> prompts, int[] part, int perPrompt, SamplingOptions options, Source source, Device device, CancellationToken stopping)
    {
        using var scope = NewDisposeScope();
        var lengths = part.Select(p => prompts[p].Length).ToArray();
        var room = Math.Min(options.MaxNewTokens, model.Decoder.Config.Longest - lengths.Max());
        using var cache = model.Decoder.NewCache(lengths, room);
        var logits = Prefill(model, [.. part.Select(p => prompts[p])], cache, device);
        var rows = part.SelectMany((_, i) => Enumerable.Repeat(i, perPrompt)).ToArray();
        cache.Select(rows);
        logits = logits.index_select(0, tensor(rows.Select(r => (long)r).ToArray(), device: device));
        var all = rows.Select((r, i) => new Live(part[r], i % perPrompt, prompts[part[r]])).ToList();
        var live = all;
        for (var place = 0; ; place++)
        {
            stopping.ThrowIfCancellationRequested();
            Draw(logits, live, options, source, place, device);
            var going = Enumerable.Range(0, live.Count).Where(i => !live[i].Stopped).ToArray();
            if (place + 1 == room || going.Length == 0)
                break;
            if (going.Length < live.Count)
            {
                cache.Select(going);
                live = [.. going.Select(i => live[i])];
            }
            using var step = NewDisposeScope();
            var ids = tensor(live.Select(l => (long)l.Ids[^1]).ToArray(), device: device).unsqueeze(1);
            var next = model.Logits(model.Decoder.Step(ids, cache)).MoveToOuterDisposeScope();
            logits.Dispose();
            logits = next;
        }
        return [.. all.Select(l => new Sample(l.Prompt, [.. l.Ids], [.. l.LogProbs], l.Stopped))];
    }

    /// <summary>Runs the prompts, right-aligned, and gives the logits behind each one's last token, (prompts, vocabulary).</summary>
    private static Tensor Prefill(CausalLm model, int[][] prompts, KeyValueCache cache, Device device)
    {
        using var scope = NewDisposeScope();
        var width = prompts.Max(p => p.Length);
        var ids = new long[prompts.Length * width];
        for (var i = 0; i < prompts.Length; i++)
            for (var t = 0; t < prompts[i].Length; t++)
                ids[((i + 1) * width) - prompts[i].Length + t] = prompts[i][t];
        var hidden = model.Decoder.Step(tensor(ids, [prompts.Length, width], device: device), cache);
        var last = hidden.reshape(prompts.Length, width, -1).select(1, width - 1);
        return model.Logits(last).MoveToOuterDisposeScope();
    }

    /// <summary>One token for each live sequence: the first whose cumulated probability exceeds the sequence's own uniform number.</summary>
    private static void Draw(Tensor logits, List<Live> live, SamplingOptions options, Source source, int place, Device device)
    {
        using var scope = NewDisposeScope();
        var scores = LogitsProcessors.Apply(logits.to(ScalarType.Float32), options.ReadsTexts ? [.. live.Select(l => (int[])[.. l.Text, .. l.Ids])] : null, place, options);
        var logs = scores.log_softmax(-1);
        var chosen = options.Temperature == 0 ? scores.argmax(-1, true) : Inverse(logs, live, source, place, device);
        var ids = chosen.squeeze(1).cpu().data<long>().ToArray();
        var probabilities = logs.gather(1, chosen).squeeze(1).cpu().data<float>().ToArray();
        for (var i = 0; i < live.Count; i++)
        {
            live[i].Ids.Add((int)ids[i]);
            live[i].LogProbs.Add(probabilities[i]);
            live[i].Stopped = options.StopIds.Contains((int)ids[i]);
        }
    }

    private static Tensor Inverse(Tensor logs, List<Live> live, Source source, int place, Device device)
    {
        var uniform = live.Select(l => (Chance.At(source.Seed, source.First + l.Prompt, l.Sample, place) >> 11) * (1.0 / (1UL << 53))).ToArray();
        var cumulated = logs.to(ScalarType.Float64).exp().cumsum(-1);
        var total = cumulated.narrow(-1, cumulated.size(-1) - 1, 1);
        var goal = tensor(uniform, device: device).unsqueeze(1) * total;
        // The first place above the goal: a token of probability 0 is never above what stands before it.
        return cumulated.gt(goal).to(ScalarType.Int32).argmax(-1, true);
    }
}
