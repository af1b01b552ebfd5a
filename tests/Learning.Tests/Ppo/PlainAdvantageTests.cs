using DataflowRlhf.Learning.Ppo;
using DataflowRlhf.Learning.Training;

namespace DataflowRlhf.Learning.Tests.Ppo;

/// <summary>Advantages and whitening against what their definitions say, written out.</summary>
public class PlainAdvantageTests
{
    private static readonly int[] Lengths = [5, 1, 9, 2];

    private static float[] Random(int count, ulong seed) => [.. Enumerable.Range(0, count).Select(i => (float)((Chance.At(seed, i) >> 11) * (4.0 / (1UL << 53)) - 2))];

    [Theory]
    [InlineData(1, 0.95)]
    [InlineData(0.9, 0.5)]
    [InlineData(0.99, 0)]
    [InlineData(1, 1)]
    public void Advantages_are_the_discounted_sum_of_the_errors(double gamma, double lambda)
    {
        var (rewards, values) = (Random(Lengths.Sum(), 1), Random(Lengths.Sum(), 2));
        var (advantages, returns) = GeneralizedAdvantage.Of(rewards, values, Lengths, gamma, lambda);
        var start = 0;
        foreach (var length in Lengths)
        {
            for (var t = 0; t < length; t++)
            {
                // Â_t = Σ_l (γλ)^l δ_{t+l}
                var sum = 0.0;
                for (var l = 0; t + l < length; l++)
                {
                    var at = start + t + l;
                    var next = t + l + 1 < length ? values[at + 1] : 0;
                    sum += Math.Pow(gamma * lambda, l) * (rewards[at] + gamma * next - values[at]);
                }
                advantages[start + t].Should().BeApproximately((float)sum, 1e-5f);
                returns[start + t].Should().BeApproximately((float)(sum + values[start + t]), 1e-5f);
            }
            start += length;
        }
    }

    [Fact]
    public void With_lambda_1_a_return_is_what_was_earned_from_there()
    {
        var (rewards, values) = (Random(Lengths.Sum(), 3), Random(Lengths.Sum(), 4));
        var (_, returns) = GeneralizedAdvantage.Of(rewards, values, Lengths, 1, 1);
        returns[0].Should().BeApproximately(rewards[..5].Sum(), 1e-5f);
        returns[5].Should().BeApproximately(rewards[5], 1e-5f);
    }

    [Fact]
    public void Lengths_that_do_not_add_up_are_refused() =>
        FluentActions.Invoking(() => GeneralizedAdvantage.Of([1, 2], [1, 2], [3], 1, 1)).Should().Throw<ArgumentException>();

    [Fact]
    public void Whitening_is_that_of_the_real_tokens_in_a_padded_block()
    {
        var width = Lengths.Max();
        var packed = Random(Lengths.Sum(), 5);
        var padded = Enumerable.Repeat(1e6f, Lengths.Length * width).ToArray(); // the pad's value must not matter
        for (var (row, at) = (0, 0); row < Lengths.Length; at += Lengths[row++])
            packed.AsSpan(at, Lengths[row]).CopyTo(padded.AsSpan(row * width));

        bool Real(int place) => place % width < Lengths[place / width];
        double sum = 0, squares = 0, count = 0;
        for (var i = 0; i < padded.Length; i++)
            if (Real(i))
                (sum, count) = (sum + padded[i], count + 1);
        for (var i = 0; i < padded.Length; i++)
            if (Real(i))
                squares += Math.Pow(padded[i] - sum / count, 2);
        var expected = Enumerable.Range(0, padded.Length).Where(Real).Select(i => (padded[i] - sum / count) / Math.Sqrt(squares / (count - 1) + 1e-8)).ToArray();

        Whitening.InPlace(packed);
        packed.Zip(expected, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-5);
        packed.Average().Should().BeApproximately(0, 1e-6f);
    }

    [Fact]
    public void Whitening_one_number_or_equal_numbers_gives_zeros()
    {
        float[] one = [3], same = [2, 2, 2];
        Whitening.InPlace(one);
        Whitening.InPlace(same);
        Whitening.InPlace([]);
        one.Concat(same).Should().AllBeEquivalentTo(0f);
    }

    [Fact]
    public void Explained_variance_is_1_for_perfect_values_and_0_for_a_constant()
    {
        float[] returns = [1, 2, 4, 8];
        ExplainedVariance.Of(returns, returns).Should().BeApproximately(1, 1e-9);
        ExplainedVariance.Of([5, 5, 5, 5], returns).Should().BeApproximately(0, 1e-9);
        ExplainedVariance.Of([1, 2, 3, 4], [7, 7, 7, 7]).Should().Be(0);
    }

    [Fact]
    public void The_coefficient_rises_above_the_target_and_falls_below_it()
    {
        AdaptiveKl.Next(0.1, 12, 6, 1000).Should().BeApproximately(0.1 * 1.02, 1e-12);
        AdaptiveKl.Next(0.1, 6.6, 6, 1000).Should().BeApproximately(0.1 * 1.01, 1e-12);
        AdaptiveKl.Next(0.1, 0, 6, 1000).Should().BeApproximately(0.1 * 0.98, 1e-12);
    }
}
