using DataflowRlhf.Learning.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Golden;

/// <summary>The losses on a pair.</summary>
internal static class PairChecks
{
    public static Dictionary<string, Action<GoldenCase>> All { get; } = new()
    {
        ["bradley_terry"] = c =>
        {
            Pairs(c, BradleyTerry.Loss);
            // The fixture counts a tie as wrong; ours as one half.
            var d = c.Of("chosen") - c.Of("rejected");
            var ties = d.eq(0).to(ScalarType.Float64).mean().ToDouble();
            c.Hold("accuracy", BradleyTerry.Hits(d).to(ScalarType.Float64).mean().ToDouble() - (ties / 2));
        },
        ["label_smoothing"] = c => Pairs(c, d => BradleyTerry.Soft(d, tensor(c.Number("label_smoothing"), ScalarType.Float64))),
        ["flipped"] = c => Pairs(c, d => BradleyTerry.Soft(d, c.Of("flipped"))),
        ["soft_label"] = c => Pairs(c, d => BradleyTerry.Soft(d, c.Of("use_soft") * (1 - c.Of("soft_label")))),
        ["margin"] = c => Pairs(c, d => BradleyTerry.WithMargin(d, c.Of("margin"))),
        ["combined"] = Combined,
        ["centre_rewards"] = Centred,
    };

    private static void Pairs(GoldenCase c, Func<Tensor, Tensor> loss)
    {
        var (chosen, rejected) = (c.Leaf("chosen"), c.Leaf("rejected"));
        var each = loss(chosen - rejected);
        c.Hold("per_example", each);
        var mean = each.mean();
        c.Hold("loss", mean);
        mean.backward();
        c.HoldGradients(("chosen", chosen), ("rejected", rejected));
    }

    private static void Combined(GoldenCase c)
    {
        var (chosen, rejected) = (c.Leaf("chosen"), c.Leaf("rejected"));
        var (flipped, soft) = (c.Of("flipped"), c.Of("use_soft"));
        var alpha = (soft * (1 - c.Of("soft_label"))) + ((1 - soft) * c.Number("label_smoothing"));
        var each = BradleyTerry.SoftWithMargin((1 - (2 * flipped)) * (chosen - rejected), alpha, c.Of("margin"));
        c.Hold("per_example", each);
        var loss = c.Text("reduction") == "mean" ? each.mean() : (each * c.Of("weight")).sum() / c.Of("weight").sum();
        c.Hold("loss", loss);
        loss.backward();
        c.HoldGradients(("chosen", chosen), ("rejected", rejected));
    }

    private static void Centred(GoldenCase c)
    {
        var (chosen, rejected) = (c.Leaf("chosen"), c.Leaf("rejected"));
        var ranking = BradleyTerry.Loss(chosen - rejected).mean();
        var penalty = BradleyTerry.Centring(chosen, rejected).mean();
        c.Hold("ranking_loss", ranking);
        c.Hold("penalty", penalty);
        var loss = ranking + (penalty * c.Number("coefficient"));
        c.Hold("loss", loss);
        loss.backward();
        c.HoldGradients(("chosen", chosen), ("rejected", rejected));
    }
}
