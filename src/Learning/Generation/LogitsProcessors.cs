using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Generation;

/// <summary>
/// What stands between a model's logits and the draw, with the values of transformers' processors; a removed token has −∞.
/// Every function takes (batch, vocabulary) and gives the same shape; the caller's dispose scope owns the result.
/// </summary>
public static class LogitsProcessors
{
    /// <summary>All of the options in transformers' order: repetition penalty, temperature, top-k, top-p, min-p.</summary>
    /// <param name="logits">(batch, vocabulary).</param>
    /// <param name="seen">(batch, tokens) int64, the text so far; read only where there is a repetition penalty.</param>
    public static Tensor Apply(Tensor logits, Tensor? seen, SamplingOptions options)
    {
        if (options.RepetitionPenalty != 1)
            logits = RepetitionPenalty(logits, seen ?? throw new ArgumentNullException(nameof(seen)), options.RepetitionPenalty);
        if (options.Temperature is not (0 or 1))
            logits = logits / options.Temperature;
        if (options.TopK > 0)
            logits = TopK(logits, options.TopK);
        if (options.TopP < 1)
            logits = TopP(logits, options.TopP);
        return options.MinP > 0 ? MinP(logits, options.MinP) : logits;
    }

    /// <summary>Tokens already in the text: positive logits divided, negative ones multiplied by the penalty (CTRL, Keskar et al. 2019).</summary>
    public static Tensor RepetitionPenalty(Tensor logits, Tensor seen, double penalty)
    {
        var scores = logits.gather(1, seen);
        return logits.scatter(1, seen, where(scores.lt(0), scores * penalty, scores / penalty));
    }

    /// <summary>Keeps the k largest logits and what ties with the k-th.</summary>
    public static Tensor TopK(Tensor logits, int k)
    {
        var width = logits.size(-1);
        var (values, _) = topk(logits, (int)Math.Min(k, width), -1);
        return logits.masked_fill(logits.lt(values.narrow(-1, values.size(-1) - 1, 1)), double.NegativeInfinity);
    }

    /// <summary>Keeps the smallest set of most likely tokens whose probability reaches <paramref name="p"/> (Holtzman et al. 2020); at least one.</summary>
    public static Tensor TopP(Tensor logits, double p)
    {
        var (sorted, order) = sort(logits, -1, false);
        var below = sorted.softmax(-1).cumsum(-1).le(1 - p);
        below.narrow(-1, below.size(-1) - 1, 1).fill_(false);
        return logits.masked_fill(below.scatter(-1, order, below), double.NegativeInfinity);
    }

    /// <summary>Keeps tokens at least <paramref name="p"/> times as likely as the most likely one.</summary>
    public static Tensor MinP(Tensor logits, double p)
    {
        var probabilities = logits.softmax(-1);
        return logits.masked_fill(probabilities.lt(probabilities.amax([-1L], true) * p), double.NegativeInfinity);
    }
}
