using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Losses;

/// <summary>The contrastive loss of two views of the same samples, paper (9) (SimCSE, Gao et al. 2021).</summary>
public static class SimCse
{
    /// <summary>Mean over i of −log(exp(cos(h_i, t_i)/τ) / Σ_j exp(cos(h_i, t_j)/τ)); j runs over the batch, the true pair included. A scalar.</summary>
    /// <param name="first">(samples, hidden).</param>
    /// <param name="second">(samples, hidden), the same samples under another dropout mask.</param>
    /// <param name="temperature">τ above 0.</param>
    public static Tensor Loss(Tensor first, Tensor second, double temperature)
    {
        var (h, t) = (Unit(first), Unit(second));
        var similarity = h.matmul(t.transpose(0, 1)) / temperature;
        return -similarity.log_softmax(1).diagonal(0, 0, 1).mean();
    }

    /// <summary>Rows of length 1. A row of zeros (two equal responses) points nowhere: it stays zero and has no gradient, where the root's would not be finite.</summary>
    internal static Tensor Unit(Tensor x)
    {
        var squares = x.square().sum(-1, true);
        var nowhere = squares.lt(1e-24);
        return x * squares.masked_fill(nowhere, 1).rsqrt().masked_fill(nowhere, 0);
    }
}
