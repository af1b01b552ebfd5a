using DataflowRlhf.Learning.Training;

namespace DataflowRlhf.Learning.Tests.Training;

public class ChanceTests
{
    [Fact]
    public void Every_epoch_shows_every_example_once_in_an_order_of_its_own()
    {
        var first = Chance.Order(100, 7, 0);
        var second = Chance.Order(100, 7, 1);
        first.Order().Should().Equal(Enumerable.Range(0, 100));
        second.Order().Should().Equal(Enumerable.Range(0, 100));
        first.Should().NotEqual(second);
        Chance.Order(100, 7, 1).Should().Equal(second);
        Chance.Order(100, 8, 1).Should().NotEqual(second);
    }

    [Fact]
    public void Places_of_a_run_do_not_share_a_seed()
    {
        var seeds = from step in Enumerable.Range(0, 20) from pass in Enumerable.Range(0, 20) select Chance.At(1, step, pass);
        seeds.Distinct().Should().HaveCount(400);
    }
}
