using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class RandomTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Seed_seven_draws_what_it_draws_elsewhere()
    {
        manual_seed(7);
        randn(4).Values().Select(v => Math.Round(v, 4)).Should().Equal(-0.1468, 0.7861, 0.9468, -1.1143);
    }

    [Fact]
    public void A_generator_of_its_own_draws_the_same_stream()
    {
        manual_seed(7);
        using var own = new Generator(7);
        var drawn = randn(5);
        randn(5, generator: own).Equals(drawn).Should().BeTrue();
        own.initial_seed().Should().Be(7);
    }

    [Fact]
    public void A_generator_leaves_the_global_one_alone()
    {
        manual_seed(3);
        var expected = rand(4);
        manual_seed(3);
        using var other = new Generator(99);
        rand(100, generator: other);
        rand(4).Equals(expected).Should().BeTrue();
    }

    [Fact]
    public void Chance_goes_on_from_a_state_put_back()
    {
        manual_seed(11);
        randn(3);
        var state = get_rng_state();
        var (first, second) = (randn(7), randn(7));
        set_rng_state(state);
        randn(7).Equals(first).Should().BeTrue();
        randn(7).Equals(second).Should().BeTrue();
    }

    [Fact]
    public void A_generators_state_can_be_put_into_another()
    {
        using var one = new Generator(1);
        using var two = new Generator(2);
        rand(5, generator: one);
        two.set_state(one.get_state());
        randn(4, generator: two).Equals(randn(4, generator: one)).Should().BeTrue();
    }

    [Fact]
    public void A_linear_layer_begins_as_elsewhere()
    {
        manual_seed(0);
        using var layer = nn.Linear(2, 2);
        layer.weight.Values().Zip([-0.005294, 0.37932, -0.58198, -0.52039]).Should().AllSatisfy(p => p.First.Should().BeApproximately(p.Second, 5e-6));
    }

    [Fact]
    public void Draws_have_the_shares_asked_for()
    {
        using var generator = new Generator(5);
        var drawn = multinomial(tensor(new[] { 0.2, 0.0, 0.8 }), 20_000, true, generator).bincount(null, 3).Values();
        drawn[1].Should().Be(0);
        drawn[2].Should().BeInRange(15_700, 16_300);
        bernoulli(full([20_000], 0.3), generator).mean().ToDouble().Should().BeInRange(0.285, 0.315);
        var normal = empty(20_000).normal_(2, 3, generator);
        normal.mean().ToDouble().Should().BeInRange(1.9, 2.1);
        normal.std().ToDouble().Should().BeInRange(2.9, 3.1);
        randperm(50, generator: generator).Values().Order().Should().Equal(Enumerable.Range(0, 50).Select(i => (double)i));
    }
}
