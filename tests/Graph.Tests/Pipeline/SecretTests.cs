namespace DataflowRlhf.Graph.Tests.Pipeline;

/// <summary>Values of the environment: filled in, and never shown.</summary>
public sealed class SecretTests
{
    private const string Name = "PIPELINE_SECRET_TESTS";
    private const string Secret = "hunter2-hunter2";

    public SecretTests() => Environment.SetEnvironmentVariable(Name, Secret);

    private static PipelineFile Check(string stages, string top = "", params string[] settings) => Some.Check($"pipeline: p\n{top}stages:\n  {stages.Replace("ENV", $"${{env:{Name}}}")}\n", settings);

    [Theory]
    [InlineData("a: { uses: some-words, with: { count: \"ENV\" } }")]
    [InlineData("a: { uses: some-words, with: { path: \"/no/ENV/there\" } }")]
    [InlineData("a: { uses: \"ENV\" }")]
    [InlineData("a: { uses: some-lengths, from: \"ENV\" }")]
    [InlineData("a: { uses: some-words, timeout: \"ENV\" }")]
    [InlineData("a: { uses: some-words, retry: \"x ENV\" }")]
    [InlineData("a: { uses: some-words, max-bad: \"ENV\" }")]
    [InlineData("a: { uses: some-words, promises: [\"rows > ENV\"] }")]
    [InlineData("a: { uses: some-words, cache: \"ENV\" }")]
    [InlineData("a: { uses: some-words, run: { device: \"ENV\" } }")]
    [InlineData("a: { repeat: \"ENV\", stages: { b: { uses: some-words } } }")]
    [InlineData("a: { uses: some-words, foreach: { v: [\"ENV\"] } }")]
    [InlineData("a: { uses: some-words, foreach: { v: \"1..ENV\" } }")]
    public void A_mistake_does_not_show_them(string stages)
    {
        var mistakes = Check(stages).Mistakes;
        mistakes.Should().NotBeEmpty();
        string.Join("\n", mistakes.Select(m => m.ToString())).Should().NotContain("hunter2");
    }

    [Fact]
    public void A_param_set_by_hand_from_them_is_hidden_as_well()
    {
        var mistakes = Check("a: { uses: some-words, with: { count: \"${n}\" } }", "params: { n: 1 }\n", $"n=${{env:{Name}}}").Mistakes;
        mistakes.Should().ContainSingle().Which.ToString().Should().Contain("is not a whole number").And.NotContain("hunter2");
        Some.CheckWith("pipeline: p\nparams: { n: 1 }\nstages: { a: { uses: some-words, with: { count: \"${n}\" } } }\n", $"n: \"x${{env:{Name}}}\"").Mistakes
            .Should().ContainSingle().Which.ToString().Should().NotContain("hunter2");
    }

    [Fact]
    public void A_name_that_the_environment_lacks_is_shown() =>
        Check("a: { uses: some-words, with: { language: \"${env:PIPELINE_NO_SUCH}\" } }").Mistakes.Should().ContainSingle()
            .Which.Should().Match<Mistake>(m => m.Where == "${env:PIPELINE_NO_SUCH}" && m.Text == "the environment has no PIPELINE_NO_SUCH.");

    [Theory]
    [InlineData("pipeline: \"ENV\"\nstages: { a: { uses: some-words } }\n", "the name comes from the environment")]
    [InlineData("pipeline: p\nseed: \"ENV\"\nstages: { a: { uses: some-words } }\n", "a seed is")]
    public void They_cannot_be_what_is_shown_by_nature(string yaml, string words) =>
        Some.Check(yaml.Replace("ENV", $"${{env:{Name}}}")).Mistakes.Should().Contain(m => m.Text.Contains(words)).And.OnlyContain(m => !m.ToString().Contains("hunter2"));

    [Fact]
    public void A_list_that_holds_one_is_secret_as_a_whole() =>
        Check("a: { uses: some-words, with: { without: [x, \"ENV\"] } }").Graph!.Nodes.Single().Secrets.Should().Equal("without");

    [Fact]
    public void Each_item_of_a_foreach_takes_them() =>
        Check("a: { uses: some-words, foreach: { v: \"1..2\" }, with: { language: \"ENV ${v}\" } }").Graph!.Nodes.Select(n => ((SomeWords.Options)n.Options).Language).Should().Equal(Secret + " 1", Secret + " 2");

    [Theory]
    [InlineData("NOT_THERE_AT_ALL", null, "the environment has no NOT_THERE_AT_ALL")]
    [InlineData("PIPELINE_EMPTY_TESTS", "", "is empty in the environment")]
    [InlineData("", null, "names no variable")]
    public void One_that_is_missing_or_empty_is_one_mistake(string name, string? value, string words)
    {
        if (name.Length > 0)
            Environment.SetEnvironmentVariable(name, value);
        Some.Check($"pipeline: p\nstages:\n  a: {{ uses: some-words, foreach: {{ i: 1..3 }}, with: {{ count: \"${{env:{name}}}\" }} }}\n").Mistakes
            .Should().ContainSingle().Which.Text.Should().Contain(words);
    }
}
