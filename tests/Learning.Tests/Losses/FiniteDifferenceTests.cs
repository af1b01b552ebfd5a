using DataflowRlhf.Learning.Losses;
using DataflowRlhf.Learning.MetaRm;
using DataflowRlhf.Learning.Ppo;
using DataflowRlhf.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Losses;

/// <summary>Each loss's gradient, against (f(x + h) − f(x − h)) / 2h of its own value, in float64.</summary>
public sealed class FiniteDifferenceTests
{
    private const double Step = 1e-6;

    private static readonly Dictionary<string, (long[][] Shapes, Func<Tensor[], Tensor> Loss)> Losses = new()
    {
        ["bradley-terry"] = ([[7]], x => BradleyTerry.Loss(x[0])),
        ["margin"] = ([[7], [7]], x => BradleyTerry.WithMargin(x[0], x[1])),
        ["soft label"] = ([[7], [7]], x => BradleyTerry.Soft(x[0], x[1])),
        ["soft label and margin"] = ([[7], [7], [7]], x => BradleyTerry.SoftWithMargin(x[0], x[1], x[2])),
        ["centring"] = ([[7], [7]], x => BradleyTerry.Centring(x[0], x[1])),
        ["comparisons per prompt"] = ([[3, 4]], x => Ranking.ComparisonsPerPrompt(x[0])),
        ["plackett-luce"] = ([[3, 4]], x => Ranking.PlackettLuce(x[0])),
        ["simcse"] = ([[4, 5], [4, 5]], x => SimCse.Loss(x[0], x[1], 0.5)),
        ["difference loss"] = ([[3, 4]], x => DifferenceLoss.J(x[0])),
        ["k2"] = ([[6]], x => KlEstimators.K2(x[0])),
        ["k3"] = ([[6]], x => KlEstimators.K3(x[0])),
        ["policy"] = ([[9], [9]], x => PolicyLoss.Of(x[0], x[0].detach() * 0 + Fixed(9, 5), x[1], 0.2, 0.3)),
        ["value"] = ([[9]], x => ValueLoss.Of(x[0], Fixed(9, 6), Fixed(9, 7), 0.2)),
        ["log-probabilities"] = ([[4, 6]], x => TokenLogProbs.Of(x[0], tensor(new[] { 1L, 0, 5, 3 }), 0.7).LogProbs),
        ["entropy"] = ([[4, 6]], x => TokenLogProbs.Of(x[0], tensor(new[] { 1L, 0, 5, 3 }), 0.7).Entropies),
    };

    public static TheoryData<string> Names() => [.. Losses.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_gradient_is_the_slope(string name)
    {
        using var scope = NewDisposeScope();
        var (shapes, loss) = Losses[name];
        var inputs = shapes.Select((s, i) => Fixed(s.Aggregate((a, b) => a * b), (ulong)i + 1).reshape(s)).ToArray();
        Holds(inputs, loss, loss);
    }

    [Fact]
    public void Swav_pulls_along_the_slope_with_codes_held_still()
    {
        using var scope = NewDisposeScope();
        var inputs = new[] { Fixed(6 * 4, 1).reshape(6, 4), Fixed(6 * 4, 2).reshape(6, 4), Fixed(3 * 4, 3).reshape(3, 4) };
        var codes = (First: PlainCodes(PlainScores(inputs[0], inputs[2])), Second: PlainCodes(PlainScores(inputs[1], inputs[2])));
        Holds(inputs, x => Swav.Loss(x[0], x[1], x[2], 0.1, 0.05, 3), x => tensor(PlainSwav(x[0], x[1], x[2], codes.First, codes.Second)));
    }

    [Fact]
    public void A_queue_of_past_features_takes_part_in_the_codes_and_in_nothing_else()
    {
        using var scope = NewDisposeScope();
        var (first, second, prototypes) = (Fixed(8, 1).reshape(2, 4), Fixed(8, 2).reshape(2, 4), Fixed(12, 3).reshape(3, 4));
        var (queueFirst, queueSecond) = (Fixed(20, 4).reshape(5, 4), Fixed(20, 5).reshape(5, 4));
        var codesFirst = PlainCodes(PlainScores(cat([first, queueFirst], 0), prototypes))[..2];
        var codesSecond = PlainCodes(PlainScores(cat([second, queueSecond], 0), prototypes))[..2];
        Swav.Loss(first, second, prototypes, 0.1, 0.05, 3, queueFirst, queueSecond).ToDouble()
            .Should().BeApproximately(PlainSwav(first, second, prototypes, codesFirst, codesSecond), 1e-9);
    }

    /// <summary>The gradient of <paramref name="loss"/> against the slope of <paramref name="plain"/>; both have the same value.</summary>
    private static void Holds(Tensor[] inputs, Func<Tensor[], Tensor> loss, Func<Tensor[], Tensor> plain)
    {
        foreach (var input in inputs)
            input.requires_grad_(true);
        // Weights of its own for each output, so that no two may be swapped.
        Tensor Weighed(Tensor values) => (values.reshape(-1) * (arange(values.numel(), ScalarType.Float64) + 1)).sum();
        var value = Weighed(loss(inputs));
        value.backward();
        using var off = no_grad();
        Weighed(plain(inputs)).ToDouble().Should().BeApproximately(value.ToDouble(), 1e-9);
        foreach (var input in inputs)
        {
            var gradient = input.grad!.data<double>().ToArray();
            gradient.Should().Contain(g => g != 0);
            var flat = input.detach().reshape(-1);
            for (var i = 0; i < gradient.Length; i++)
            {
                var place = flat.narrow(0, i, 1);
                place.add_(Step);
                var above = Weighed(plain(inputs)).ToDouble();
                place.add_(-2 * Step);
                var below = Weighed(plain(inputs)).ToDouble();
                place.add_(Step);
                ((above - below) / (2 * Step)).Should().BeApproximately(gradient[i], 1e-6 + (1e-5 * Math.Abs(gradient[i])));
            }
        }
    }

    private static double[][] PlainScores(Tensor features, Tensor prototypes)
    {
        var (rows, marks) = (Unit(features), Unit(prototypes));
        return [.. rows.Select(r => marks.Select(m => r.Zip(m, (a, b) => a * b).Sum()).ToArray())];
    }

    private static double[][] Unit(Tensor matrix)
    {
        var (flat, width) = (matrix.detach().contiguous().data<double>().ToArray(), (int)matrix.size(1));
        return [.. flat.Chunk(width).Select(row => row.Select(v => v / Math.Sqrt(row.Sum(w => w * w))).ToArray())];
    }

    /// <summary>Sinkhorn–Knopp as written: exponentials, then prototypes to 1/K and samples to 1/B in turn, at last times B.</summary>
    private static double[][] PlainCodes(double[][] scores)
    {
        var (samples, prototypes) = (scores.Length, scores[0].Length);
        var q = scores.Select(row => row.Select(s => Math.Exp(s / 0.05)).ToArray()).ToArray();
        for (var round = 0; round < 3; round++)
        {
            for (var k = 0; k < prototypes; k++)
            {
                var sum = q.Sum(row => row[k]);
                foreach (var row in q)
                    row[k] /= sum * prototypes;
            }
            foreach (var row in q)
            {
                var sum = row.Sum();
                for (var k = 0; k < prototypes; k++)
                    row[k] /= sum * samples;
            }
        }
        return [.. q.Select(row => row.Select(v => v * samples).ToArray())];
    }

    /// <summary>Mean over the samples of −Σ_k q_t log softmax(s/τ) − Σ_k q_s log softmax(t/τ), τ = 0.1.</summary>
    private static double PlainSwav(Tensor first, Tensor second, Tensor prototypes, double[][] codesFirst, double[][] codesSecond)
    {
        double Swapped(double[][] scores, double[][] codes) => scores.Zip(codes, (row, code) =>
        {
            var all = row.Sum(s => Math.Exp(s / 0.1));
            return -row.Zip(code, (s, q) => q * Math.Log(Math.Exp(s / 0.1) / all)).Sum();
        }).Average();
        return Swapped(PlainScores(first, prototypes), codesSecond) + Swapped(PlainScores(second, prototypes), codesFirst);
    }

    /// <summary>Numbers between −1 and 1, the same each time.</summary>
    private static Tensor Fixed(long count, ulong seed) =>
        tensor(Enumerable.Range(0, (int)count).Select(i => (Chance.At(seed, i) >> 11) * (2.0 / (1UL << 53)) - 1).ToArray());
}
