using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Losses;

/// <summary>
/// The pair loss of the Bradley–Terry model and its variants. All take d = r(x, y_c) − r(x, y_r), (pairs), and give (pairs), not reduced;
/// all are computed from log σ, so that no difference is too large.
/// </summary>
public static class BradleyTerry
{
    /// <summary>−log σ(d), paper (1)(2), whose printed denominator repeats exp r_r. At d = 0 it is log 2.</summary>
    public static Tensor Loss(Tensor d) => -nn.functional.logsigmoid(d);

    /// <summary>−log σ(d − m), book (5); paper (6) prints the margin outside the σ, where it has no gradient.</summary>
    /// <param name="m">Margins, (pairs) or a scalar.</param>
    public static Tensor WithMargin(Tensor d, Tensor m) => Loss(d - m);

    /// <summary>−(1−α) log σ(d) − α log σ(−d), paper (5): α = 0 a hard label, α = 1 a flipped one. Its minimum is at d = log((1−α)/α).</summary>
    /// <param name="alpha">Label smoothing of each pair, (pairs) or a scalar, in [0, 1].</param>
    public static Tensor Soft(Tensor d, Tensor alpha) => -((1 - alpha) * nn.functional.logsigmoid(d)) - (alpha * nn.functional.logsigmoid(-d));

    /// <summary>−(1−α) log σ(d − m) − α log σ(−(d − m)): both at once.</summary>
    public static Tensor SoftWithMargin(Tensor d, Tensor alpha, Tensor m) => Soft(d - m, alpha);

    /// <summary>(r_c + r_r)² of each pair: its mean, times a small c, keeps rewards near zero (Eisenstein et al. 2023; reward inflation, paper Fig. 20).</summary>
    /// <param name="chosen">r(x, y_c), (pairs).</param>
    /// <param name="rejected">r(x, y_r), (pairs).</param>
    public static Tensor Centring(Tensor chosen, Tensor rejected) => (chosen + rejected).square();

    /// <summary>1 where the chosen response is scored higher, 0 where the rejected one is, ½ at a tie; float32 without gradient. Its mean is the accuracy.</summary>
    public static Tensor Hits(Tensor d)
    {
        using var off = no_grad();
        return d.gt(0).to(ScalarType.Float32) + (d.eq(0).to(ScalarType.Float32) * 0.5f);
    }
}
