using DataflowRlhf.Learning.Training;

namespace DataflowRlhf.Learning.Tests.Training;

public class PassesTests
{
    [Fact]
    public void Cuts_where_the_next_row_would_go_over()
    {
        int[] lengths = [3, 4, 5, 9, 1];
        Passes.Cut([0, 1, 2, 3, 4], i => lengths[i], 8).Should().BeEquivalentTo([[0, 1], [2], [3], new[] { 4 }], o => o.WithStrictOrdering());
    }

    [Fact]
    public void Nothing_makes_no_pass() => Passes.Cut([], _ => 1, 8).Should().BeEmpty();

    [Fact]
    public void Needs_a_budget() => FluentActions.Invoking(() => Passes.Cut([0], _ => 1, 0)).Should().Throw<ArgumentOutOfRangeException>();
}
