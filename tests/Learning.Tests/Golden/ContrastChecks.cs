using DataflowRlhf.Learning.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Golden;

/// <summary>The contrastive terms.</summary>
internal static class ContrastChecks
{
    public static Dictionary<string, Action<GoldenCase>> All { get; } = new()
    {
        ["sinkhorn"] = c =>
        {
            var codes = Sinkhorn.Codes(c.Of("scores"), c.Number("epsilon"), c.Whole("iterations"));
            c.Hold("codes", codes);
            c.Hold("row_sums", codes.sum(1L));
            c.Hold("column_sums", codes.sum(0L));
        },
        ["simcse"] = c =>
        {
            var (h, t) = (c.Leaf("h"), c.Leaf("t"));
            var loss = SimCse.Loss(h, t, c.Number("temperature"));
            c.Hold("loss", loss);
            loss.backward();
            c.HoldGradients(("h", h), ("t", t));
        },
        ["swav"] = Swapped,
    };

    private static void Swapped(GoldenCase c)
    {
        string[] names = ["chosen_1", "rejected_1", "chosen_2", "rejected_2"];
        var leaves = names.Select(c.Leaf).ToArray();
        var prototypes = c.Leaf("prototypes");
        var (epsilon, iterations) = (c.Number("epsilon"), c.Whole("iterations"));
        var loss = Swav.Loss(leaves[0] - leaves[1], leaves[2] - leaves[3], prototypes, c.Number("temperature"), epsilon, iterations);
        c.Hold("loss", loss);
        c.Hold("codes_s", Sinkhorn.Codes(c.Of("scores_s"), epsilon, iterations));
        c.Hold("codes_t", Sinkhorn.Codes(c.Of("scores_t"), epsilon, iterations));
        loss.backward();
        c.HoldGradients([.. names.Zip(leaves)]);
        // Ours brings the prototypes to length 1 in the forward pass: what is left of the golden gradient is its part along the sphere.
        using var off = no_grad();
        var golden = c.Of("d_prototypes");
        var along = golden - (prototypes * (golden * prototypes).sum(1, true));
        c.Hold("d_prototypes along the sphere", prototypes.grad!.data<double>().ToArray(), along.data<double>().ToArray(), GoldenCase.Exact);
    }
}
