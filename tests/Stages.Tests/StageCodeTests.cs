using System.Reflection;
using System.Runtime.Loader;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Tests;

/// <summary>Which code the stages' versions hold.</summary>
public sealed class StageCodeTests : IDisposable
{
    private static readonly StageRegistry Registry = new(typeof(Columns).Assembly);
    private readonly string store = Directory.CreateTempSubdirectory("code-").FullName;

    public void Dispose() => Directory.Delete(store, recursive: true);

    private Dictionary<string, string> Areas(string stage) => new(CodeVersion.Of(Registry.Find(stage)!.Type, rows: true, store));

    [Fact]
    public void A_stage_holds_its_own_code_and_what_it_calls()
    {
        Areas("relabel").Keys.Should().Contain(["Stages.Relabel", "Stages.Relabeling", "Stages.Columns", "Graph.Batch", "Learning.Strength.EnsembleStrength"]);
        Areas("train-reward").Keys.Should().Contain(["Learning.Training.AdamW", "Learning.Losses.BradleyTerry", "Learning.Models.Decoder", "Learning.Models.Families.GptNeoX", "Learning.Weights.SafetensorsWriter"]);
        Areas("ppo").Keys.Should().Contain(["Learning.Ppo.PpoTrainer", "Learning.Ppo.GeneralizedAdvantage", "Learning.Generation.Sampler"]);
        Areas("tokenize").Keys.Should().Contain(["Learning.Tokenizers.TemplateParser", "Learning.Tokenizers.CanonicalComposition"]);
    }

    /// <param name="never">The start of what it has nothing to do with.</param>
    [Theory]
    [InlineData("relabel", "Learning.Ppo")]
    [InlineData("relabel", "Learning.Training")]
    [InlineData("relabel", "Learning.Tokenizers")]
    [InlineData("relabel", "Stages.Reading")]
    [InlineData("relabel", "TorchSharp")]
    [InlineData("annotate-strength", "Stages.Relabel")]
    [InlineData("make-preferences", "Learning.")]
    [InlineData("tokenize", "Learning.Training")]
    [InlineData("train-tokenizer", "Learning.Models.")]
    [InlineData("train-sft", "Learning.Losses.BradleyTerry")]
    [InlineData("train-sft", "Learning.Ppo")]
    [InlineData("train-reward", "Learning.Generation.Sampler")]
    [InlineData("train-reward", "Learning.Ppo")]
    [InlineData("train-reward", "Learning.MetaRm")]
    [InlineData("train-reward", "Stages.Reading")]
    [InlineData("train-reward", "Stages.Judging")]
    public void A_stage_does_not_hold_what_it_has_nothing_to_do_with(string stage, string never) =>
        Areas(stage).Keys.Should().NotContain(k => k.StartsWith(never, StringComparison.Ordinal));

    public static TheoryData<string> Stages() => [.. Registry.Kinds.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Stages))]
    public void No_stage_holds_the_engine_or_another_stage(string stage)
    {
        var held = Areas(stage).Keys;
        held.Should().Contain(Area(Registry.Find(stage)!)).And.NotContain(["Graph", "Learning", "Stages"], "no stage needs a whole assembly");
        held.Should().NotContain(Engine).And.NotIntersectWith(Registry.Kinds.Where(k => k.Name != stage).Select(Area));
    }

    private static string Area(StageKind kind) => kind.Type.FullName!["DataflowRlhf.".Length..];

    private static readonly IEnumerable<string> Engine =
        new[] { "GraphRun", "StageRun", "ArtifactStore", "Planner", "NodeKeys", "Preimage", "PipelineFile", "YamlTree", "NodeBuilder", "Edge", "CodeVersion", "StageRegistry" }.Select(e => "Graph." + e);

    [Fact]
    public void Two_stages_have_two_versions() =>
        Registry.Kinds.Select(k => string.Join(' ', Areas(k.Name).Values)).Should().OnlyHaveUniqueItems();

    [Fact]
    public void Another_load_of_the_same_build_and_what_is_remembered_of_it_are_the_same()
    {
        var first = Areas("train-reward");
        var context = new AssemblyLoadContext("again", isCollectible: true);
        context.Resolving += (self, name) => File.Exists(Beside(name)) ? self.LoadFromAssemblyPath(Beside(name)) : null;
        Type Again(AssemblyLoadContext where) => where.LoadFromAssemblyPath(typeof(Columns).Assembly.Location).GetType(Registry.Find("train-reward")!.Type.FullName!)!;
        var again = Again(context);
        again.Should().NotBe(Registry.Find("train-reward")!.Type);
        CodeVersion.Of(again, rows: true, store).Should().Equal(first);
        // Remembered by now.
        Directory.EnumerateFiles(Path.Combine(store, "code")).Should().Contain(f => f.EndsWith("TrainReward.txt"));
        var third = new AssemblyLoadContext("third", isCollectible: true);
        CodeVersion.Of(Again(third), rows: true, store).Should().Equal(first);
        context.Unload();
        third.Unload();
    }

    private static string Beside(AssemblyName name) => Path.Combine(AppContext.BaseDirectory, name.Name + ".dll");
}
