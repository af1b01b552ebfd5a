namespace DataflowRlhf.Graph.Tests.Pipeline;

public sealed class ParamsFileTests
{
    private const string File = """
        pipeline: p
        params: { count: 3, who: "nobody${count}" }
        stages:
          words: { uses: some-words, with: { count: "${count}", language: "${who}" } }
        """;

    private static SomeWords.Options Words(string values, params string[] settings) => (SomeWords.Options)Some.CheckWith(File, values, settings).Graph!.Nodes.Single().Options;

    [Theory]
    [InlineData("count: 7")]
    [InlineData("{\n\t\"count\": 7\n}")]
    [InlineData("{\"count\":7}")]
    public void Its_values_win_over_the_pipeline_s(string values) => Words(values).Should().BeEquivalentTo(new { Count = 7, Language = "nobody7" });

    [Fact]
    public void What_is_set_by_hand_wins_over_it() => Words("count: 7\nwho: she", "count=9").Should().BeEquivalentTo(new { Count = 9, Language = "she" });

    [Fact]
    public void A_later_file_wins()
    {
        var folder = Directory.CreateTempSubdirectory("params-").FullName;
        string Written(string name, string text)
        {
            System.IO.File.WriteAllText(Path.Combine(folder, name), text);
            return Path.Combine(folder, name);
        }
        var file = PipelineFile.Check(Written("p.yaml", File), [], Some.Stages, [Written("a.yaml", "count: 5\nwho: a"), Written("b.json", "{ \"count\": 6 }")]);
        ((SomeWords.Options)file.Graph!.Nodes[0].Options).Should().BeEquivalentTo(new { Count = 6, Language = "a" });
    }

    [Theory]
    [InlineData("# a\ncuont: 7", 2, 1, "the pipeline has no param 'cuont' (count, who)", "count: 7")]
    [InlineData("words.count: 7", 1, 1, "is an option of a stage", "--set words.count=7")]
    [InlineData("count: [7]", 1, 8, "one value, not a list", "count: …")]
    [InlineData("who: \"${nobody}\"", 1, 6, "there is no param 'nobody'", "params: { nobody: … }")]
    [InlineData("who: \"${env:PARAMS_FILE_TESTS_NOT_THERE}\"", 1, 6, "the environment has no", "export PARAMS_FILE_TESTS_NOT_THERE=…")]
    [InlineData("- 7", 1, 1, "one map of names to values", "voters: 10")]
    [InlineData("", 1, 1, "is empty", null)]
    [InlineData("count: 7\ncount: 8", 2, 1, "stands here twice", null)]
    public void A_mistake_is_told_with_its_place_in_that_file(string values, int line, int column, string problem, string? write)
    {
        var mistake = Some.CheckWith(File, values).Mistakes.Should().ContainSingle().Which;
        mistake.File.Should().EndWith("values.yaml");
        (mistake.Line, mistake.Column).Should().Be((line, column));
        mistake.Text.Should().Contain(problem);
        mistake.Write.Should().Be(write);
    }

    [Fact]
    public void Mistakes_of_both_files_come_at_once() =>
        Some.CheckWith(File.Replace("some-words", "some-wrods"), "cuont: 1\nhwo: 2").Mistakes.Select(m => Path.GetFileName(m.File)).Should().Equal(null, "values.yaml", "values.yaml");
}
