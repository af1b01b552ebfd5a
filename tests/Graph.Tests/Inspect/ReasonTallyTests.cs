namespace DataflowRlhf.Graph.Tests.Inspect;

public sealed class ReasonTallyTests
{
    [Fact]
    public void Reasons_that_differ_in_their_numbers_alone_are_one_with_the_range_of_each()
    {
        var tally = new ReasonTally();
        foreach (var tokens in new[] { 30, 9, 112, 30 })
            tally.Add($"it has {tokens} tokens, and max-tokens is 8");
        tally.Add("it is empty");
        tally.Counts.Should().Equal(("it has 9 to 112 tokens, and max-tokens is 8", 4L), ("it is empty", 1L));
    }

    [Fact]
    public void Numbers_are_held_against_each_other_by_what_they_are()
    {
        var tally = new ReasonTally();
        foreach (var reason in new[] { "0.5 at 10", "0.25 at 9" })
            tally.Add(reason);
        tally.Counts.Should().Equal(("0.25 to 0.5 at 9 to 10", 2L));
    }
}
