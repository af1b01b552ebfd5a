using DataflowRlhf.Graph;

namespace DataflowRlhf.Graph.Tests.Pipeline;

public sealed class PipelineFileTests
{
    private const string Good = """
        pipeline: good
        seed: 16
        params: { voters: 3 }
        stages:
          words:   { uses: some-words, with: { count: 5 } }
          lengths: { uses: some-lengths, from: words, with: { unit: half+one } }
          voter:
            uses: some-model
            foreach: { voter: "1..${voters}" }
            from: lengths
            with: { shuffle-seed: "${voter}" }
          jury: { uses: some-model, from: { rows: lengths, voters: "voter[*]" } }
          round:
            repeat: 2
            stages:
              next: { uses: some-model, from: { rows: lengths, init: "previous.next | jury" } }
          last: { uses: some-model, from: { rows: lengths, init: "round[last].next" } }
        """;

    [Fact]
    public void Writes_foreach_and_repeat_out_with_sources_before_consumers()
    {
        var graph = Some.Check(Good).Graph!;
        graph.Nodes.Select(n => n.Name).Should().Equal("words", "lengths", "voter[1]", "voter[2]", "voter[3]", "jury", "round[1].next", "round[2].next", "last");
        graph.Nodes.Single(n => n.Name == "voter[2]").OptionValues["shuffle-seed"]!.GetValue<int>().Should().Be(2);
        Feeds(graph, "jury", "voters").Should().Equal("voter[1]", "voter[2]", "voter[3]");
        Feeds(graph, "round[1].next", "init").Should().Equal("jury");
        Feeds(graph, "round[2].next", "init").Should().Equal("round[1].next");
        Feeds(graph, "last", "init").Should().Equal("round[2].next");
        graph.Seed.Should().Be(16);
    }

    [Fact]
    public void Follows_columns_through_every_edge() =>
        Some.Check(Good).Graph!.Nodes.Single(n => n.Name == "lengths").Columns.Should().Equal(Some.Word, Some.Length);

    [Fact]
    public void Tells_every_mistake_at_once_with_place_and_remedy()
    {
        var file = Some.Check("""
            pipeline: bad
            sed: 1
            stages:
              words:  { uses: some-wrods }
              other:  { uses: some-words, with: { cuont: 2 } }
              few:    { uses: some-words, with: { count: 0 } }
              model:  { uses: some-model, from: more }
              more:   { uses: some-words }
            """);
        file.Graph.Should().BeNull();
        file.Mistakes.Select(m => (m.Line, m.Column, m.Where)).Should().Equal(
            (2, 1, "sed"), (4, 19, "words.uses"), (5, 39, "other.with"), (6, 46, "few.with.count"), (7, 37, "model.from.rows"));
        file.Mistakes.Select(m => m.Write).Should().Equal("seed", "uses: some-words", "count: 2", "count: 1", "some-lengths: { uses: some-lengths, from: more }");
        file.Mistakes[3].Text.Should().Contain("1 to 100");
        file.Mistakes[4].Text.Should().Contain("needs length: float");
    }

    [Fact]
    public void An_option_set_by_hand_replaces_the_input_it_stands_for()
    {
        var graph = Some.Check(Good, "jury.init=elsewhere", "round.next.init=here").Graph!;
        graph.Nodes.Should().AllSatisfy(n => n.Inputs.Where(i => n.Name.EndsWith("next", StringComparison.Ordinal)).Select(i => i.Port.Name).Should().NotContain("init"));
        Some.Check(Good.Replace("init: \"round[last].next\" }", "init: jury }, with: { init: elsewhere }")).Mistakes
            .Should().ContainSingle().Which.Text.Should().Contain("given twice: here and as an option (with.init)");
    }

    [Theory]
    [InlineData("a: { uses: some-lengths, from: b }\n  b: { uses: some-lengths, from: a }", "feeds from itself")]
    [InlineData("a: { uses: some-lengths, from: nobody }", "there is no stage 'nobody'")]
    [InlineData("a: { uses: some-lengths }", "needs 'words', and nothing feeds it")]
    [InlineData("a: { uses: some-words, with: { count: many } }", "'many' is not a whole number")]
    [InlineData("a: { uses: some-words, with: { path: no/such/file } }", "there is nothing at 'no/such/file'")]
    [InlineData("a: { uses: some-words, with: { count: \"${n}\" } }", "there is no param 'n'")]
    [InlineData("a: { uses: some-words }\n  b: { uses: some-lengths, from: a, with: { unit: miles } }", "one of letters, half+one")]
    [InlineData("a: { uses: some-words }\n  a: { uses: some-words }", "stands here twice")]
    [InlineData("a: { uses: some-words, from: a }", "feeds from")]
    [InlineData("a: { repeat: 2, stages: { b: { uses: some-words } , c: { uses: some-lengths, from: previous.b } } }", "round 1 has no previous round")]
    [InlineData("a: { uses: some-words, foreach: { v: [x, x] } }", "'x' stands there twice")]
    [InlineData("a: { uses: some-words, foreach: { v: [] } }", "a list of 1 to 1000")]
    [InlineData("a: { uses: some-words, foreach: { v: [x, [y]] } }", "a list of 1 to 1000 plain values")]
    [InlineData("a: { uses: some-words, foreach: { v: [\"x]\"] } }", "without brackets")]
    [InlineData("a: { uses: some-words, foreach: { v: \"-2147483648..2147483647\" } }", "not a range of at most 1000")]
    [InlineData("a: { repeat: 2, stages: { } }", "repeats no stages")]
    [InlineData("a: { repeat: 1000, stages: { b: { uses: some-words, foreach: { v: \"1..1000\" } } } }", "more than 10,000 stages")]
    [InlineData("a: { uses: some-words, run: gpu }", "device, which is gpu or auto")]
    [InlineData("a: { uses: some-words, run: { devcie: gpu } }", "device, which is gpu or auto")]
    [InlineData("a: { uses: some-words, run: { device: tpu } }", "device, which is gpu or auto")]
    [InlineData("a: { uses: some-words, with: { language: \"\" } }", "is empty; it takes text")]
    [InlineData("a: { uses: some-words, with: { path: \"no?such/x*\" } }", "there is nothing at 'no?such/x*'")]
    [InlineData("a: &x { uses: some-words }", "an anchor")]
    [InlineData("a: !!python/object { uses: some-words }", "the tag")]
    public void Explains_a_mistake(string stages, string words) =>
        Some.Check($"pipeline: p\nstages:\n  {stages}\n").Mistakes.Should().Contain(m => m.Text.Contains(words));

    [Theory]
    [InlineData("[one, two]", "one", "two")]
    [InlineData("[ \"one\" ]", "one")]
    [InlineData("one", "one")]
    [InlineData("[]")]
    public void A_list_is_set_by_hand_as_it_is_written_in_the_file(string value, params string[] words)
    {
        var options = (SomeWords.Options)Some.Check(Good, $"words.without={value}", "words.language=[x]").Graph!.Nodes.Single(n => n.Name == "words").Options;
        options.Without.Should().Equal(words);
        options.Language.Should().Be("[x]", "it takes a text");
    }

    [Fact]
    public void A_setting_wins_over_the_file_and_an_unused_one_is_a_mistake()
    {
        Some.Check(Good, "words.count=7", "voters=1").Graph!.Nodes.Should().HaveCount(7)
            .And.Contain(n => n.Name == "words" && ((SomeWords.Options)n.Options).Count == 7);
        Environment.SetEnvironmentVariable("PIPELINE_VOTERS", "2");
        Some.Check(Good, "voters=${env:PIPELINE_VOTERS}").Graph!.Nodes.Should().HaveCount(8);
        Some.Check(Good, "wrods.count=7").Mistakes.Single().Write.Should().Be("--set words.count=…");
        Some.Check(Good, "words.cuont=7").Mistakes.Single().Text.Should().Contain("'cuont' is not an option");
    }

    [Theory]
    [InlineData("words.with.count=7", "--set words.count=…")]
    [InlineData("stages.words.with.count=7", "--set words.count=…")]
    [InlineData("words[1..2].count=7", "--set words.count=…")]
    [InlineData("words.cuont=7", "--set words.count=7")]
    [InlineData("language=Latin", "--set words.language=…")]
    [InlineData("unit=letters", "--set lengths.unit=…")]
    [InlineData("sed=3", "--set seed=…")]
    [InlineData("seed=soon", "--set seed=16")]
    [InlineData("lengths.unit=lettres", "--set lengths.unit=letters")]
    public void What_was_meant_by_a_setting_is_written_as_a_setting(string setting, string write) =>
        Some.Check("pipeline: p\nstages:\n  words: { uses: some-words }\n  lengths: { uses: some-lengths, from: words }\n", setting).Mistakes.Should().ContainSingle().Which.Should().Match<Mistake>(m => m.Write == write && m.Line == 0);

    [Fact]
    public void A_choice_that_is_none_gets_the_nearest() =>
        Some.Check("pipeline: p\nstages:\n  words: { uses: some-words }\n  lengths: { uses: some-lengths, from: words, with: { unit: half-one } }\n").Mistakes.Should().ContainSingle()
            .Which.Should().Match<Mistake>(m => m.Text == "'half-one' is not one of letters, half+one." && m.Write == "unit: half+one");

    [Fact]
    public void A_param_uses_those_above_it()
    {
        PipelineFile Params(string map) => Some.Check($"pipeline: p\nparams: {{ {map} }}\nstages: {{ words: {{ uses: some-words, with: {{ count: \"${{a}}\" }} }} }}\n");
        Params("b: 3, a: \"${b}\"").Mistakes.Should().BeEmpty();
        Params("a: \"${b}\", b: 3").Mistakes.Should().ContainSingle().Which.Should().Match<Mistake>(m => m.Text == "param 'b' stands no further up; a param can use those above it." && m.Write == "params: { b: …, … }");
        Params("a: \"${a}\"").Mistakes.Should().ContainSingle().Which.Text.Should().Contain("stands no further up");
        Params("a: \"${3 * 2}\"").Mistakes.Should().ContainSingle().Which.Should().Match<Mistake>(m => m.Text.EndsWith("nothing is computed.") && m.Write == null);
    }

    [Fact]
    public void A_file_that_is_not_there_is_looked_for_beside_it()
    {
        var folder = Directory.CreateTempSubdirectory("pipeline-").FullName;
        File.WriteAllText(Path.Combine(folder, "small.yaml"), "");
        PipelineFile.Check(Path.Combine(folder, "smal.yaml"), [], Some.Stages).Mistakes.Should().ContainSingle().Which.Write.Should().Be(Path.Combine(folder, "small.yaml"));
        PipelineFile.Check(Path.Combine(folder, "quite-another.yaml"), [], Some.Stages).Mistakes.Should().ContainSingle().Which.Write.Should().Be("rlhf new pipeline my-first");
    }

    [Fact]
    public void A_value_of_a_megabyte_does_not_flood_a_message()
    {
        var long_ = new string('k', 1 << 20);
        foreach (var stages in (string[])[$"a: {{ uses: \"{long_}\" }}", $"a: {{ uses: some-words, with: {{ count: \"{long_}\", \"{long_[..900]}\": 1 }} }}", $"a: {{ uses: some-words, with: {{ count: \"{string.Concat(Enumerable.Repeat("it's ", 50_000))}\" }} }}"])
            Some.Check($"pipeline: p\nstages:\n  {stages}\n").Mistakes.Should().NotBeEmpty().And.OnlyContain(m => m.Text.Length + m.Where.Length + (m.Write ?? "").Length < 2_200).And.Contain(m => m.Text.Contains('…'));
    }

    [Theory]
    [InlineData("")]
    [InlineData("- just\n- a list")]
    [InlineData("{{{{")]
    [InlineData("pipeline: [")]
    [InlineData("\tpipeline: tabs")]
    [InlineData("pipeline: a\n---\npipeline: b")]
    public void Broken_text_is_one_clear_mistake(string text)
    {
        var file = Some.Check(text);
        file.Graph.Should().BeNull();
        file.Mistakes.Should().NotBeEmpty().And.OnlyContain(m => m.Line > 0 && m.Text.Length > 0);
    }

    [Fact]
    public void Deep_nesting_ends_in_a_mistake() =>
        Some.Check("pipeline: " + new string('[', 50_000)).Mistakes.Should().ContainSingle().Which.Text.Should().Contain("nested deeper");

    [Fact]
    public void A_chain_written_from_its_end_is_followed_as_far_as_the_stack_goes()
    {
        static string Chain(int links) => "pipeline: p\nstages:\n" + string.Concat(Enumerable.Range(0, links).Select(i => $"  s{i}: {{ uses: some-lengths, from: s{i + 1} }}\n")) + $"  s{links}: {{ uses: some-words }}\n";
        Some.Check(Chain(200)).Mistakes.Should().BeEmpty();
        Some.Check(Chain(9_000)).Mistakes.Should().NotBeEmpty().And.OnlyContain(m => m.Text.Contains("too long to follow from its end"));
    }

    [Theory]
    [InlineData("/", "is a folder")]
    [InlineData("/dev/zero", "is a device")]
    [InlineData("/no/such.yaml", "is not there")]
    public void What_is_no_file_is_said_to_be_none(string path, string words) =>
        PipelineFile.Check(path, [], Some.Stages).Mistakes.Should().ContainSingle().Which.Text.Should().Contain(words);

    [Fact]
    public void What_the_environment_gave_is_not_shown()
    {
        Environment.SetEnvironmentVariable("PIPELINE_FILE_TESTS", "s3cret");
        const string stages = "pipeline: p\nparams: { mine: \"a ${env:PIPELINE_FILE_TESTS}\" }\nstages:\n  a: { uses: some-words, with: { OPTION } }\n";
        foreach (var option in (string[])["count: \"${mine}\"", "path: \"${env:PIPELINE_FILE_TESTS}\""])
            Some.Check(stages.Replace("OPTION", option)).Mistakes.Should().ContainSingle().Which.Text.Should().Contain("'…'").And.NotContain("s3cret");
        Some.Check(stages.Replace("OPTION", "language: \"${mine}\"")).Graph!.Nodes.Single().Secrets.Should().Equal("language");
    }

    private static IEnumerable<string> Feeds(PipelineGraph graph, string node, string port) =>
        graph.Nodes.Single(n => n.Name == node).Inputs.Single(i => i.Port.Name == port).Sources.Select(s => s.Name);
}
