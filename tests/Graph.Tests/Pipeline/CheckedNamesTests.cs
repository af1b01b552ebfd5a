namespace DataflowRlhf.Graph.Tests.Pipeline;

/// <summary>Names of stages, params and variables: what they mean, what collides, what follows from a mistake and is not told again.</summary>
public sealed class CheckedNamesTests
{
    private static PipelineFile Check(string stages, string top = "") => Some.Check($"pipeline: p\n{top}stages:\n  w: {{ uses: some-words }}\n  l: {{ uses: some-lengths, from: w }}\n  {stages}\n");

    [Theory]
    [InlineData("m: { uses: some-model, from: { rows: l, voters: v } }\n  v: { uses: some-model, from: l, foreach: { i: 1..2 } }", "there is no stage 'v'", "from: \"v[*]\"")]
    [InlineData("r: { repeat: 2, stages: { m: { uses: some-model, from: { rows: l, init: \"previous.n | w2\" } } } }\n  w2: { uses: some-model, from: l }", "there is no stage 'previous.n' (previous.m)", "from: \"previous.m | w2\"")]
    [InlineData("r: { repeat: 2, stages: { m: { uses: some-model, from: { rows: l, init: \"previous.m | jury\" } } } }\n  july: { uses: some-model, from: l }", "there is no stage 'jury'", "from: \"previous.m | july\"")]
    [InlineData("m: { uses: some-model, from: { rows: l, init: previous.m } }", "only a stage inside a repeat", "m")]
    [InlineData("m: { uses: some-model, from: [] }", "names stages", "from: tokens")]
    [InlineData("m: { uses: some-model, from: w }", "'w' carries word; 'some-model' needs length: float. 'l' adds it.", "from: l")]
    [InlineData("m: { uses: some-words, foreach: { \"a b\": 1..2 } }", "cannot name a variable", "foreach: { voter: \"1..10\" }")]
    public void A_name_that_means_nothing_is_told_with_the_one_that_was_meant(string stages, string words, string write)
    {
        var mistake = Check(stages).Mistakes.Should().ContainSingle().Which;
        mistake.Text.Should().Contain(words);
        mistake.Write.Should().Be(write);
    }

    [Fact]
    public void Inside_a_round_all_items_of_a_foreach_are_found() =>
        Check("r: { repeat: 2, stages: { v: { uses: some-model, from: l, foreach: { i: 1..2 } }, m: { uses: some-model, from: { rows: l, voters: \"v[*]\" } } } }")
            .Graph!.Nodes.Single(n => n.Name == "r[2].m").Inputs[^1].Sources.Select(s => s.Name).Should().Equal("r[2].v[1]", "r[2].v[2]");

    [Fact]
    public void A_ring_is_named_once()
    {
        var mistake = Check("a: { uses: some-lengths, from: b }\n  b: { uses: some-lengths, from: c }\n  c: { uses: some-lengths, from: a }").Mistakes.Should().ContainSingle().Which;
        mistake.Text.Should().Be("feeds from itself: a → c → b → a.");
        (mistake.Line, mistake.Column).Should().Be((5, 34));
        mistake.Excerpt.Should().Be("  a: { uses: some-lengths, from: b }");
    }

    [Fact]
    public void What_only_follows_from_a_mistake_is_not_told() =>
        Check("v: { uses: some-model, from: l, foreach: { i: \"1..${n}\" }, with: { shuffle-seed: \"${i}\" } }\n  m: { uses: some-model, from: { rows: l, voters: \"v[*]\" } }\n  o: { uses: some-words, with: { count: \"${n}\", path: \"${n}/x\" } }").Mistakes
            .Should().HaveCount(3).And.OnlyContain(m => m.Text.Contains("there is no param 'n'"));

    [Theory]
    [InlineData("", "params: { n: 3 }\n", "nothing uses this param")]
    [InlineData("W: { uses: some-words }", "", "upper and lower case alone")]
    [InlineData("r: { repeat: 1, stages: { w: { uses: some-words } } }", "", "the one outside cannot be named there")]
    [InlineData("v: { uses: some-words, foreach: { n: 1..2 }, with: { count: \"${n}\" } }\n  x: { uses: some-words, with: { count: \"${n}\" } }", "params: { n: 3 }\n", "is a param as well")]
    public void What_is_odd_is_a_warning(string stages, string top, string words)
    {
        var file = Check(stages, top);
        file.Mistakes.Should().BeEmpty();
        file.Warnings.Should().ContainSingle().Which.Text.Should().Contain(words);
    }

    [Theory]
    [InlineData("params: { seed: 3 }\n", "'seed' cannot name a param")]
    [InlineData("params: { \"a.b\": 3 }\n", "'a.b' cannot name a param")]
    [InlineData("params: [a]\n", "is a map of names to values")]
    public void A_param_has_a_name_that_can_be_told_from_others(string top, string words) =>
        Check("", top).Mistakes.Should().ContainSingle().Which.Text.Should().Contain(words);
}
