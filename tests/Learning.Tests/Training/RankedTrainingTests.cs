using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Training;
using TorchSharp;

namespace DataflowRlhf.Learning.Tests.Training;

/// <summary>Training on several responses of a prompt, against plain loops over single rewards.</summary>
public sealed class RankedTrainingTests
{
    /// <summary>Lists of 2 to 5 responses, best first.</summary>
    private static List<(int[] Prompt, List<int[]> Responses)> Lists(int count) =>
        [.. Enumerable.Range(0, count).Select(i =>
        {
            var pairs = Tiny.Pairs(3, seed: (ulong)(50 + i));
            return (pairs[0].Prompt, pairs.SelectMany(p => new[] { p.Chosen, p.Rejected }).Take(2 + (i % 4)).ToList());
        })];

    private static List<ComparisonGroup> Ranked(IEnumerable<(int[] Prompt, List<int[]> Responses)> lists) => [.. lists.Select(l => ComparisonGroup.Ranked(l.Prompt, l.Responses))];

    /// <summary>log(1 + e^x), plainly.</summary>
    private static double Softplus(double x) => Math.Log(1 + Math.Exp(x));

    private static double ComparisonLoss(double[][] rewards) => rewards.Average(r =>
    {
        var (sum, count) = (0.0, 0);
        for (var i = 0; i < r.Length; i++)
            for (var j = i + 1; j < r.Length; j++, count++)
                sum += Softplus(r[j] - r[i]);
        return sum / count;
    });

    private static double ListLoss(double[][] rewards) => rewards.Average(r =>
    {
        var sum = 0.0;
        for (var i = 0; i + 1 < r.Length; i++)
            sum -= r[i] - Math.Log(r[i..].Sum(Math.Exp));
        return sum;
    });

    public static TheoryData<bool, int> Ways() => new() { { false, 100_000 }, { false, 30 }, { true, 100_000 }, { true, 30 } };

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_loss_and_its_gradient_are_those_of_plain_loops(bool listwise, int tokensPerPass)
    {
        using var model = Tiny.Reward().Loud();
        var lists = Lists(7);
        lists.Select(l => l.Responses.Count).Distinct().Count().Should().BeGreaterThan(2);
        var features = lists.Select(l => l.Responses.Select(r => Feature(model, l.Prompt, r)).ToArray()).ToArray();
        var head = Tiny.Values(model.parameters().Single(p => p.shape is [1, _]));
        Func<double[][], double> plain = listwise ? ListLoss : ComparisonLoss;
        double AtHead(float[] weights) => plain([.. features.Select(l => l.Select(f => f.Zip(weights, (a, b) => (double)a * b).Sum()).ToArray())]);

        var trainer = new RewardTrainer(model, null, Ranked(lists), new RewardSettings { Listwise = listwise }, torch.CPU);
        var (_, loss) = Tiny.Gradients(trainer, tokensPerPass);
        loss.Should().BeApproximately(AtHead(head), 1e-4);

        var gradient = Tiny.Values(model.parameters().Single(p => p.shape is [1, _]).grad!);
        for (var k = 0; k < head.Length; k++)
        {
            var (above, below) = ((float[])head.Clone(), (float[])head.Clone());
            (above[k], below[k]) = (head[k] + 0.001f, head[k] - 0.001f);
            ((AtHead(above) - AtHead(below)) / ((double)above[k] - below[k])).Should().BeApproximately(gradient[k], 1e-3);
        }
        gradient.Should().Contain(g => Math.Abs(g) > 0.01);
    }

    [Fact]
    public void A_response_compared_several_times_is_computed_once_and_weighs_as_often()
    {
        using var model = Tiny.Reward().Loud();
        var (prompt, responses) = Lists(4)[3];
        var pairs = (from i in Enumerable.Range(0, responses.Count) from j in Enumerable.Range(i + 1, responses.Count - i - 1) select new PreferencePair(prompt, responses[i], responses[j]) { Margin = 0.1f * i }).ToList();
        var together = new RewardTrainer(model, null, [pairs], new RewardSettings { Centring = 0.01 }, torch.CPU);
        together.Tokens(0).Should().Be(prompt.Length + responses.Sum(r => r.Length));
        var once = Tiny.Gradients(together);
        var apart = Tiny.Gradients(Tiny.Trainer(model, pairs, new RewardSettings { Centring = 0.01 }));
        once.Loss.Should().BeApproximately(apart.Loss, 1e-5);
        Tiny.Distance(once.Gradients, apart.Gradients).Should().BeLessThan(1e-4);
    }

    [Fact]
    public void Prompts_cut_to_several_lengths_become_the_shortest()
    {
        var group = ComparisonGroup.Of(new PreferencePair([10, 11, 12], [7, 1], [13, 1]), new PreferencePair([12], [7, 1], [14, 15, 16, 1]));
        group.Prompt.Should().Equal(12);
        group.Responses.Should().HaveCount(3);
        group.Comparisons.Select(c => (c.Chosen, c.Rejected)).Should().Equal((0, 1), (0, 2));
    }

    [Theory]
    [InlineData(ContrastOn.Pairs)]
    [InlineData(ContrastOn.Differences)]
    public void Contrastive_terms_over_lists_do_not_depend_on_the_passes(ContrastOn on)
    {
        (float[] Gradients, double Loss) Run(int tokensPerPass)
        {
            using var model = Tiny.Reward().Loud();
            var settings = new RewardSettings { Listwise = true, Contrast = Contrast.Swav, ContrastOn = on, Prototypes = 4, Temperature = 0.1, Beta = 0.5 };
            return Tiny.Gradients(new RewardTrainer(model, null, Ranked(Lists(6)), settings, torch.CPU), tokensPerPass);
        }
        var (whole, cut) = (Run(100_000), Run(40));
        cut.Loss.Should().BeApproximately(whole.Loss, 1e-4);
        Tiny.Distance(cut.Gradients, whole.Gradients).Should().BeLessThan(1e-3);
    }

    [Fact]
    public void The_language_term_takes_each_chosen_response_once()
    {
        using var model = Tiny.Reward();
        using var whole = Tiny.Language();
        using var language = whole.Over(model.Decoder);
        var (prompt, responses) = Lists(4)[3];
        var step = new TrainingStep(1, [0], [[0]], 9);
        using var scope = torch.NewDisposeScope();
        new RewardTrainer(model, language, Ranked([(prompt, responses)]), new RewardSettings { Listwise = true, LanguageModel = 1 }, torch.CPU).Accumulate(step);
        using var off = torch.no_grad();
        using var batch = PackedBatch.FromGroups([new PackedGroup(prompt, [.. responses.SkipLast(1)])], torch.CPU);
        var logits = language.Logits(model.Decoder.Hidden(batch).index_select(0, batch.PredictIndex));
        var expected = torch.nn.functional.cross_entropy(logits, batch.TargetIds).ToDouble();
        step.Read().Single(p => p.Name == "lm_loss").Value.Should().BeApproximately(expected, 1e-4);
    }

    [Fact]
    public void Lists_take_no_margins_and_no_flips()
    {
        using var model = Tiny.Reward();
        var pair = Tiny.Pairs(1)[0];
        FluentActions.Invoking(() => new RewardTrainer(model, null, [ComparisonGroup.Of(pair with { Margin = 1 })], new RewardSettings { Listwise = true }, torch.CPU))
            .Should().Throw<ArgumentException>().WithMessage("*best first, without margins*");
    }

    private static float[] Feature(RewardModel model, int[] prompt, int[] response)
    {
        using var off = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        model.eval();
        using var batch = PackedBatch.FromSequences([[.. prompt, .. response]], torch.CPU);
        return Tiny.Values(model.Features(batch));
    }
}
