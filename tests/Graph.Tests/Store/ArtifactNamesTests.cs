using DataflowRlhf.Graph.Tests.Run;

namespace DataflowRlhf.Graph.Tests.Store;

public sealed class ArtifactNamesTests : IDisposable
{
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    private async Task<ArtifactStore> StoreAsync()
    {
        (await graph.RunAsync("  numbers: { uses: emit }\n  doubled: { uses: double, from: numbers }")).Done();
        return ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
    }

    [Fact]
    public async Task An_artifact_is_found_by_stage_by_key_and_by_name()
    {
        using var store = await StoreAsync();
        var doubled = store.Names.Find("probe:doubled");
        doubled.Stage.Should().Be("doubled");
        store.Names.Add("good", doubled);
        foreach (var text in (string[])["doubled", doubled.Key, doubled.Key[..6], "good"])
            store.Names.Find(text).Key.Should().Be(doubled.Key, text);
    }

    [Fact]
    public async Task What_is_not_there_is_told_with_what_is()
    {
        using var store = await StoreAsync();
        FluentActions.Invoking(() => store.Names.Find("probe:double")).Should().Throw<StageException>()
            .WithMessage("The store has no artifact 'probe:double'. *(probe:doubled, probe:numbers).  write: probe:doubled");
        FluentActions.Invoking(() => store.Names.Find("000000")).Should().Throw<StageException>().WithMessage("The store has no artifact '000000'*");
        FluentActions.Invoking(() => store.Names.Find("../../x")).Should().Throw<StageException>();
        FluentActions.Invoking(() => store.Names.Find("")).Should().Throw<StageException>();
    }

    [Fact]
    public async Task A_stage_of_two_pipelines_needs_its_pipeline()
    {
        using var store = await StoreAsync();
        store.SetLatest("other", "doubled", store.Names.Find("numbers").Key);
        FluentActions.Invoking(() => store.Names.Find("doubled")).Should().Throw<StageException>().WithMessage("'doubled' is a stage of 2 pipelines (other, probe).  write: other:doubled");
        store.Names.Find("other:doubled").Stage.Should().Be("numbers");
    }

    [Fact]
    public async Task A_name_outlives_the_index_and_moves_only_when_told()
    {
        using (var store = await StoreAsync())
        {
            store.Names.Add("good", store.Names.Find("doubled"));
            store.Names.Add("good", store.Names.Find("doubled"));
            FluentActions.Invoking(() => store.Names.Add("good", store.Names.Find("numbers"))).Should().Throw<StageException>().WithMessage("'good' names * already.  write: --move*");
        }
        foreach (var file in Directory.EnumerateFiles(graph.StoreFolder, "index.sqlite*"))
            File.Delete(file);
        using var again = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        again.Names.Find("good").Stage.Should().Be("doubled");
        again.Names.Add("good", again.Names.Find("numbers"), move: true);
        again.Names.Find("good").Stage.Should().Be("numbers");
        again.Names.Remove("good");
        again.Names.Pins.Should().BeEmpty();
        FluentActions.Invoking(() => again.Names.Remove("good")).Should().Throw<StageException>().WithMessage("There is no name 'good'*");
    }

    [Theory]
    [InlineData("")]
    [InlineData("../up")]
    [InlineData(".hidden")]
    [InlineData("a:b")]
    [InlineData("good\n")]
    [InlineData("deadbeef")]
    public async Task Not_everything_can_be_a_name(string name)
    {
        using var store = await StoreAsync();
        FluentActions.Invoking(() => store.Names.Add(name, store.Names.Find("doubled"))).Should().Throw<StageException>().WithMessage("*cannot be a name*write: *");
        store.Names.Pins.Should().BeEmpty();
    }
}
