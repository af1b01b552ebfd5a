using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Generation;

/// <summary>
/// What stands between a model's logits and the draw, with the values of transformers' processors; a removed token has −∞.
/// Every function takes (batch, vocabulary) and gives the same shape; the caller's dispose scope owns the result.
/// </summary>
public static class LogitsProcessors
{
    /// <summary>All of the options in transformers' order: repetition penalty, repeated n-grams, least length, temperature, top-k, top-p, min-p, typical, epsilon.</summary>
    /// <param name="logits">(batch, vocabulary).</param>
    /// <param name="texts">Each row's ids so far, prompt and response; read only where <see cref="SamplingOptions.ReadsTexts"/>.</param>
    /// <param name="place">How many new tokens each row has.</param>
    public static Tensor Apply(Tensor logits, IReadOnlyList<int[]>? texts, int place, SamplingOptions options)
    {
        if (options.RepetitionPenalty != 1)
            logits = RepetitionPenalty(logits, Needed(texts), options.RepetitionPenalty);
        if (options.NoRepeatNgramSize > 0)
            logits = NoRepeatNgram(logits, Needed(texts), options.NoRepeatNgramSize);
        if (place < options.MinNewTokens)
            logits = Without(logits, options.StopIds);
        if (options.Temperature is not (0 or 1))
            logits = logits / options.Temperature;
        if (options.TopK > 0)
            logits = TopK(logits, options.TopK);
        if (options.TopP < 1)
            logits = TopP(logits, options.TopP);
        if (options.MinP > 0)
            logits = MinP(logits, options.MinP);
        if (options.TypicalP < 1)
            logits = Typical(logits, options.TypicalP);
        return options.EpsilonCutoff > 0 ? Epsilon(logits, options.EpsilonCutoff) : logits;
    }

    /// <summary>Tokens already in the text: positive logits divided, negative ones multiplied by the penalty (CTRL, Keskar et al. 2019).</summary>
    public static Tensor RepetitionPenalty(Tensor logits, IReadOnlyList<int[]> texts, double penalty)
    {
        var seen = Padded(texts, logits.device);
        var scores = logits.gather(1, seen);
        return logits.scatter(1, seen, where(scores.lt(0), scores * penalty, scores / penalty));
    }

    /// <summary>Removes every token that would end a run of <paramref name="size"/> tokens which the text already has.</summary>
    public static Tensor NoRepeatNgram(Tensor logits, IReadOnlyList<int[]> texts, int size)
    {
        var (rows, tokens) = (new List<long>(), new List<long>());
        for (var row = 0; row < texts.Count; row++)
        {
            var text = texts[row].AsSpan();
            var last = text[^Math.Min(text.Length, size - 1)..];
            for (var at = 0; at + size <= text.Length; at++)
            {
                if (!text.Slice(at, size - 1).SequenceEqual(last))
                    continue;
                rows.Add(row);
                tokens.Add(text[at + size - 1]);
            }
        }
        if (rows.Count == 0)
            return logits;
        var removed = zeros_like(logits, ScalarType.Bool);
        removed[tensor(rows.ToArray(), device: logits.device), tensor(tokens.ToArray(), device: logits.device)] = tensor(true, device: logits.device);
        return logits.masked_fill(removed, double.NegativeInfinity);
    }

    /// <summary>Removes these tokens: those that would end a response that is still too short.</summary>
    public static Tensor Without(Tensor logits, IReadOnlyList<int> ids) =>
        ids.Count == 0 ? logits : logits.index_fill(-1, tensor(ids.Select(i => (long)i).ToArray(), device: logits.device), double.NegativeInfinity);

    /// <summary>Keeps the k largest logits and what ties with the k-th.</summary>
    public static Tensor TopK(Tensor logits, int k)
    {
        var width = logits.size(-1);
        var (values, _) = topk(logits, (int)Math.Min(k, width), -1);
        return logits.masked_fill(logits.lt(values.narrow(-1, values.size(-1) - 1, 1)), double.NegativeInfinity);
    }

    /// <summary>Keeps the smallest set of most likely tokens whose probability reaches <paramref name="p"/> (Holtzman et al. 2020); at least <paramref name="atLeast"/>.</summary>
    public static Tensor TopP(Tensor logits, double p, int atLeast = 1)
    {
        var (sorted, order) = sort(logits, -1, false);
        var below = sorted.softmax(-1).cumsum(-1).le(1 - p);
        return Removed(logits, below, order, below.size(-1) - Math.Min(atLeast, below.size(-1)), atLeast);
    }

    /// <summary>Keeps tokens at least <paramref name="p"/> times as likely as the most likely one.</summary>
    public static Tensor MinP(Tensor logits, double p)
    {
        var probabilities = logits.softmax(-1);
        return logits.masked_fill(probabilities.lt(probabilities.amax([-1L], true) * p), double.NegativeInfinity);
    }

    /// <summary>Keeps the tokens whose surprise is nearest to the entropy, up to this mass (locally typical sampling, Meister et al. 2023).</summary>
    public static Tensor Typical(Tensor logits, double mass)
    {
        var logs = logits.log_softmax(-1);
        var likely = logs.exp();
        var entropy = -where(likely.gt(0), logs * likely, zeros_like(logs)).sum(-1L, true);
        var (distances, order) = sort((-logs - entropy).abs(), -1, false);
        var cumulated = logits.gather(-1, order).softmax(-1).cumsum(-1);
        var last = cumulated.lt(mass).to(ScalarType.Int64).sum(-1L, true).clamp_max(distances.size(-1) - 1);
        return Removed(logits, distances.gt(distances.gather(-1, last)), order, 0, 1);
    }

    /// <summary>Removes tokens less likely than this (Hewitt et al. 2022); the most likely one stays.</summary>
    public static Tensor Epsilon(Tensor logits, double least) =>
        logits.masked_fill(logits.softmax(-1).lt(least).logical_and(logits.lt(logits.amax([-1L], true))), double.NegativeInfinity);

    /// <summary>Without what is marked in sorted order, save <paramref name="kept"/> places from <paramref name="from"/> on.</summary>
    private static Tensor Removed(Tensor logits, Tensor sorted, Tensor order, long from, long kept)
    {
        sorted.narrow(-1, from, Math.Min(kept, sorted.size(-1) - from)).fill_(false);
        return logits.masked_fill(sorted.scatter(-1, order, sorted), double.NegativeInfinity);
    }

    private static IReadOnlyList<int[]> Needed(IReadOnlyList<int[]>? texts) => texts ?? throw new ArgumentNullException(nameof(texts));

    /// <summary>(batch, tokens) int64; short rows repeat their last token, which changes nothing for a set of tokens.</summary>
    private static Tensor Padded(IReadOnlyList<int[]> texts, Device device)
    {
        var width = texts.Max(t => t.Length);
        var ids = new long[texts.Count * width];
        for (var i = 0; i < texts.Count; i++)
            for (var t = 0; t < width; t++)
                ids[(i * width) + t] = texts[i][Math.Min(t, texts[i].Length - 1)];
        return tensor(ids, [texts.Count, width], device: device);
    }
}
