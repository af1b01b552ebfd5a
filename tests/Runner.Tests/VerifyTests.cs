namespace DataflowRlhf.Runner.Tests;

public sealed class VerifyTests : IDisposable
{
    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    [Fact]
    public async Task A_store_is_verified_and_a_damaged_file_named()
    {
        var file = rlhf.Write("small.yaml", "pipeline: small\nstages:\n  pairs: { uses: make-preferences, with: { pairs: 200, ood: 20 } }\n  tokenizer: { uses: train-tokenizer, from: pairs, with: { vocab-size: 320 } }\n");
        (await rlhf.HereAsync("run", file)).Exit.Should().Be(0);
        var whole = await rlhf.HereAsync("verify");
        whole.Exit.Should().Be(0, whole.Out + whole.Error);
        whole.Out.Should().MatchRegex("^2 artifacts, [0-9]+ files, .* s: all as recorded.$");

        var tokenizer = Directory.EnumerateFiles(Path.Combine(rlhf.Folder, ".rlhf", "artifacts"), "tokenizer.json", SearchOption.AllDirectories).Single();
        await File.AppendAllTextAsync(tokenizer, "\n");
        var damaged = await rlhf.HereAsync("verify");
        damaged.Exit.Should().Be(1);
        damaged.Out.Should().Contain("  damaged  small: tokenizer: files/tokenizer.json holds other bytes than were recorded").And.Contain("1 not as recorded. Delete its folder");
        // What it advises helps.
        Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(tokenizer))!, recursive: true);
        (await rlhf.HereAsync("run", file)).Out.Should().Contain("1 stage ran, 1 found in the store");
        (await rlhf.HereAsync("verify")).Exit.Should().Be(0);
    }

    [Fact]
    public async Task A_folder_without_a_store_ends_with_two_and_stays_as_it_is()
    {
        var none = await rlhf.HereAsync("verify", "--store", "nowhere");
        (none.Exit, none.Out).Should().Be((2, ""));
        none.Error.Should().Contain("there is no store in nowhere").And.Contain("--store DIR");
        Directory.Exists(Path.Combine(rlhf.Folder, "nowhere")).Should().BeFalse();
        (await rlhf.HereAsync("verify", "--help")).Out.Should().Contain("rlhf verify --store /data/rlhf");
    }
}
