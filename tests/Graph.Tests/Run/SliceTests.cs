namespace DataflowRlhf.Graph.Tests.Run;

public sealed class SliceTests : IDisposable
{
    private const string Wide = """
          numbers: { uses: emit }
          doubled: { uses: double, from: numbers }
          voter:   { uses: learn, foreach: { v: "1..3" }, from: doubled }
          base:    { uses: learn, from: numbers }
          round:
            repeat: 2
            stages:
              made:   { uses: hold, from: doubled }
              policy: { uses: learn, from: made }
          told: { uses: tell, from: ["voter[*]", base, "round[last].policy"] }
        """;

    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    private static string Found(params string[] words)
    {
        var mistakes = new List<string>();
        var found = TestGraph.Graph(Wide).Find(words, mistakes);
        return mistakes.Count > 0 ? string.Join('\n', mistakes) : string.Join(' ', found.Select(n => n.Name));
    }

    private static string Applied(Slice slice)
    {
        var mistakes = new List<string>();
        var options = slice.Apply(TestGraph.Graph(Wide), new RunOptions(), mistakes);
        return options is null ? string.Join('\n', mistakes) : $"{(options.Only is null ? "all" : string.Join(' ', options.Only))} / {string.Join(' ', options.Force)}";
    }

    [Theory]
    [InlineData("doubled", "doubled")]
    [InlineData("voter[3]", "voter[3]")]
    [InlineData("voter", "voter[1] voter[2] voter[3]")]
    [InlineData("voter[*]", "voter[1] voter[2] voter[3]")]
    [InlineData("voter[2..3]", "voter[2] voter[3]")]
    [InlineData("voter[1,3]", "voter[1] voter[3]")]
    [InlineData("voter[last]", "voter[3]")]
    [InlineData("round[2].policy", "round[2].policy")]
    [InlineData("round[last].policy", "round[2].policy")]
    [InlineData("round[1]", "round[1].made round[1].policy")]
    [InlineData("round[*].policy", "round[1].policy round[2].policy")]
    [InlineData("round.policy", "round[1].policy round[2].policy")]
    [InlineData("round", "round[1].made round[1].policy round[2].made round[2].policy")]
    [InlineData("told, numbers,voter[1,2]", "numbers voter[1] voter[2] told")]
    public void A_name_means_stages(string words, string stages) => Found(words).Should().Be(stages);

    [Theory]
    [InlineData("dubled", "There is no stage 'dubled' in it (numbers, doubled, voter[1..3], base, round[1..2].made, round[1..2].policy, told).  write: doubled")]
    [InlineData("policy", "There is no stage 'policy' in it (numbers, doubled, voter[1..3], base, round[1..2].made, round[1..2].policy, told).  write: 'round[last].policy'")]
    [InlineData("voter[4]", "'voter' has no item '4' (1..3).  write: 'voter[3]'")]
    [InlineData("voter[1,4]", "'voter' has no item '4' (1..3).  write: 'voter[3]'")]
    [InlineData("voter[2..9]", "'voter' has no item '9' (1..3).  write: 'voter[3]'")]
    [InlineData("round[7].policy", "'round' has no item '7' (1..2).  write: 'round[2].policy'")]
    [InlineData("doubled[1]", "'doubled' has no items: 'doubled[1]' is not in it.  write: doubled")]
    [InlineData("voter3", "There is no stage 'voter3' in it. Has the shell taken the brackets? Quote the name.  write: 'voter[3]'")]
    [InlineData("round2.policy", "There is no stage 'round2.policy' in it. Has the shell taken the brackets? Quote the name.  write: 'round[2].policy'")]
    [InlineData("voter[3", "'voter[3' is no stage's name: brackets hold one item and are followed by a dot or nothing.  write: 'voter[3]'")]
    [InlineData("", "A stage's name is empty (numbers, doubled, voter[1..3], base, round[1..2].made, round[1..2].policy, told).")]
    public void A_name_that_means_nothing_says_what_to_write(string word, string says) => Found(word).Should().Be(says);

    [Fact]
    public void All_mistakes_come_at_once()
    {
        Found("dubled,told", "voter[9]").Split('\n').Should().HaveCount(2);
        Applied(new Slice { From = ["dubled"], To = ["tolt"], Force = ["bas"] }).Split('\n').Select(l => l.Split(':')[0]).Should().Equal("--from", "--to", "--force");
    }

    [Fact]
    public void A_slice_is_what_may_run()
    {
        Applied(new Slice()).Should().Be("all / ");
        Applied(new Slice { ForceAll = true }).Should().StartWith("all / numbers doubled voter[1]").And.EndWith("told");
        Applied(new Slice { From = ["voter[2]"] }).Should().Be("voter[2] told / ");
        Applied(new Slice { To = ["voter[2]"] }).Should().Be("numbers doubled voter[2] / ");
        Applied(new Slice { From = ["doubled"], To = ["round[1].policy,voter[1]"] }).Should().Be("doubled voter[1] round[1].made round[1].policy / ");
        Applied(new Slice { Only = ["base", "voter[1],voter[3]"], ForceAll = true }).Should().Be("voter[1] voter[3] base / voter[1] voter[3] base");
        Applied(new Slice { From = ["round"], Force = ["round[last].policy"] }).Should().EndWith("/ round[2].policy");
    }

    [Fact]
    public void A_slice_that_cannot_be_says_why()
    {
        Applied(new Slice { From = ["base"], To = ["voter[1]"] }).Should().Be("Nothing lies between --from base and --to voter[1]: voter[1] does not feed from base.  write: --to voter[1]");
        Applied(new Slice { Only = ["base"], From = ["told"] }).Should().StartWith("--only stands alone");
        Applied(new Slice { Only = ["base"], Force = ["told"] }).Should().Be("--force names what may not run: told lies outside of the slice (base).  write: --force base");
    }

    [Fact]
    public async Task What_is_before_a_slice_is_taken_as_it_is()
    {
        string Stages(int salt) => Wide.Replace("uses: emit", $"uses: emit, with: {{ salt: {salt}, body: {Probe.Body(run => run.EmitAsync(Probe.Of([salt])).AsTask())} }}");
        (await graph.RunAsync(Stages(1))).Done();
        var mistakes = new List<string>();
        var options = new Slice { From = ["round[2].policy"], Force = ["told"] }.Apply(TestGraph.Graph(Stages(2)), new RunOptions { Parallel = 4 }, mistakes)!;
        using (var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System))
            Planner.Plan(TestGraph.Graph(Stages(2)), store, options).Select(p => $"{p.Node.Name} {p.Decision}").Should().Equal(
                "numbers Kept", "doubled Hit", "voter[1] Hit", "voter[2] Hit", "voter[3] Hit", "base Hit", "round[2].made Hit", "round[2].policy Hit", "told Run");
        var sliced = (await graph.RunAsync(Stages(2), options)).Done();
        sliced.Log.Ran.Should().Equal("told");
        sliced.Log.Warnings.Should().Contain(w => w.Contains("out of date"));
    }

    [Fact]
    public void What_was_never_made_is_missing()
    {
        var options = new Slice { Only = ["told"] }.Apply(TestGraph.Graph(Wide), new RunOptions(), new List<string>())!;
        using var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        Planner.Plan(TestGraph.Graph(Wide), store, options).Where(p => p.Decision == Decision.Missing).Select(p => p.Node.Name)
            .Should().Equal("voter[1]", "voter[2]", "voter[3]", "base", "round[2].policy");
    }
}
