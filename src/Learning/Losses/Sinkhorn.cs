using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Losses;

/// <summary>Sinkhorn–Knopp: codes that spread a batch evenly over the prototypes (SwAV, Caron et al. 2020).</summary>
public static class Sinkhorn
{
    /// <summary>Q = exp(scores/ε), then in turn prototypes to 1/K and samples to 1/B; each sample's code sums to 1. In log space; no gradient.</summary>
    /// <param name="scores">(samples, prototypes).</param>
    /// <param name="epsilon">ε above 0; small is sharp.</param>
    public static Tensor Codes(Tensor scores, double epsilon, int iterations)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var log = scores.detach() / epsilon;
        for (var i = 0; i < iterations; i++)
        {
            log = log - log.logsumexp(0, true);
            log = log - log.logsumexp(1, true);
        }
        return log.exp().MoveToOuterDisposeScope();
    }
}
