using System.ComponentModel.DataAnnotations;

namespace DataflowRlhf.Graph.Tests.Pipeline;

/// <summary>Options that several stages share stand in a record of their own.</summary>
public sealed class OptionGroupTests
{
    public sealed record Voice
    {
        [Option("How loud. Default: 1.")]
        [Range(0, 10)]
        public int Loudness { get; init; } = 1;

        [PerformanceOnly]
        [Option("Words at once. Default: 2.")]
        public int AtOnce { get; init; } = 2;
    }

    [Stage("some-shouts", "Shouts.")]
    public sealed class SomeShouts(SomeShouts.Options options) : Stage
    {
        public sealed record Options
        {
            [Option("What to shout. Default: hey.")]
            public string Text { get; init; } = "hey";

            [OptionGroup]
            public Voice Voice { get; init; } = new();
        }

        public override StagePorts Ports => new([], Output.Rows(Some.Word));

        public override async Task RunAsync(IStageRun run) => await run.EmitAsync(Batch.Of(0, 1).With(Some.Word, [options.Text + new string('!', options.Voice.Loudness)]));
    }

    private static PipelineFile Check(string with, params string[] settings) => Some.Check($"pipeline: probe\nstages:\n  shout: {{ uses: some-shouts, with: {{ {with} }} }}\n", settings);

    [Fact]
    public void They_are_the_stages_own()
    {
        var kind = Some.Stages.Find("some-shouts")!;
        kind.Options.Select(o => (o.Name, o.PerformanceOnly)).Should().Equal(("text", false), ("loudness", false), ("at-once", true));
        DefaultOptions.Of(kind)["loudness"].Should().Be("1");

        var node = Check("text: ho, loudness: 3", "shout.at-once=5").Graph!.Nodes[0];
        ((SomeShouts.Options)node.Options).Should().Be(new SomeShouts.Options { Text = "ho", Voice = new() { Loudness = 3, AtOnce = 5 } });
        node.OptionValues.ToJsonString().Should().Be("""{"at-once":5,"loudness":3,"text":"ho"}""");
        Check("").Graph!.Nodes[0].OptionValues.ToJsonString().Should().Be("""{"at-once":2,"loudness":1,"text":"hey"}""", "each stage has a group of its own");
    }

    [Fact]
    public void Their_mistakes_are_told_as_any()
    {
        Check("loudness: 11").Mistakes.Single().Text.Should().Contain("0 to 10 is possible");
        Check("loudnes: 1").Mistakes.Single().Should().Match<Mistake>(m => m.Text.Contains("(text, loudness, at-once)") && m.Write == "loudness: 1");
        Check("voice: 1").Mistakes.Single().Text.Should().Contain("'voice' is not an option");
    }
}
