using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Ppo;

/// <summary>What a language model says of given tokens.</summary>
public static class TokenLogProbs
{
    /// <summary>log softmax(z/T)[target] of each row and the row's entropy −Σ p log p, in nats; both (rows), both with gradient.</summary>
    /// <param name="logits">z, (rows, vocabulary), all finite.</param>
    /// <param name="targets">(rows) int64.</param>
    /// <param name="temperature">T that the tokens were sampled at; 0 (the most likely token) scores as 1.</param>
    public static (Tensor LogProbs, Tensor Entropies) Of(Tensor logits, Tensor targets, double temperature = 1)
    {
        if (temperature is not (0 or 1))
            logits = logits / temperature;
        var logs = logits.log_softmax(-1);
        return (logs.gather(1, targets.unsqueeze(1)).squeeze(1), -(logs.exp() * logs).sum(-1));
    }
}
