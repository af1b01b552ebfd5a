using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Doctor;

namespace DataflowRlhf.Runner.Tests;

public sealed class DoctorTests : IDisposable
{
    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    [Fact]
    public async Task A_machine_on_which_these_tests_run_is_well_and_nothing_is_made()
    {
        var doctor = await rlhf.RunAsync("doctor");
        (doctor.Exit, doctor.Error).Should().Be((0, ""));
        foreach (var what in (string[])["program   rlhf ", "package   TorchSharp", "package   Parquet", "package   Microsoft.ML.Tokenizers", "libtorch  ", "devices   cpu", "threads   ", "memory    ", "disk      ", "store     .rlhf is not there yet"])
            doctor.Out.Should().Contain(what);
        doctor.Out.Should().NotContain("broken");
        Directory.EnumerateFileSystemEntries(rlhf.Folder).Should().BeEmpty();
        (await rlhf.HereAsync("doctor", "--help")).Out.Should().Contain("rlhf doctor --store /data/rlhf");
    }

    [Fact]
    public async Task A_stores_state_is_told()
    {
        (await rlhf.HereAsync("run", rlhf.Write("small.yaml", "pipeline: small\nstages:\n  pairs: { uses: make-preferences, with: { pairs: 200, ood: 20 } }\n"))).Exit.Should().Be(0);
        Directory.CreateDirectory(Path.Combine(rlhf.Folder, ".rlhf", "tmp", "dead"));
        var doctor = await rlhf.HereAsync("doctor");
        doctor.Exit.Should().Be(0);
        doctor.Out.Should().MatchRegex(@"ok      store     \.rlhf: 1 artifact, .*; 0 checkpoints")
            .And.Contain("  ok      store     1 folders that killed runs left; the next run clears them away");
    }

    [Theory]
    [InlineData("small.yaml", "'small.yaml' is no folder")]
    [InlineData("", "'' is no folder")]
    [InlineData("empty", "there is no store in empty")]
    public async Task A_store_that_is_none_is_a_warning(string store, string says)
    {
        rlhf.Write("small.yaml", "");
        rlhf.Write("empty/readme.txt", "");
        var doctor = await rlhf.HereAsync("doctor", "--store", store);
        doctor.Exit.Should().Be(0);
        doctor.Out.Should().MatchRegex($"  warning store     .*{says}").And.Contain("--store DIR");
    }

    [Fact]
    public async Task An_empty_folder_will_be_a_store()
    {
        Directory.CreateDirectory(Path.Combine(rlhf.Folder, "new"));
        (await rlhf.HereAsync("doctor", "--store", "new")).Out.Should().Contain("  ok      store     new is an empty folder; the first run makes a store of it");
    }

    [Fact]
    public async Task An_index_that_is_none_is_warned_of()
    {
        rlhf.Write("store/artifacts/readme.txt", "");
        rlhf.Write("store/index.sqlite", "this is no index of anything");
        (await rlhf.HereAsync("doctor", "--store", "store")).Out.Should().Contain("warning store     store/index.sqlite is no index of artifacts").And.Contain("delete it");
        Access.MayWrite(rlhf.Folder).Should().BeTrue();
        Access.MayWrite(Path.Combine(rlhf.Folder, "nowhere")).Should().Be(OperatingSystem.IsWindows());
    }

    [Fact]
    public void What_is_amiss_says_what_to_do()
    {
        Checkup.Threads(8, 8).Do.Should().BeNull();
        Checkup.Threads(64, 8).Do.Should().Contain("OMP_NUM_THREADS=8");
        Checkup.Threads(1, 8).Do.Should().Contain("OMP_NUM_THREADS=8");
        Checkup.Threads(1, 1).Do.Should().BeNull();
        Checkup.Memory(16_000_000_000, 8_000_000_000).Do.Should().BeNull();
        Checkup.Memory(16_000_000_000, null).Do.Should().BeNull();
        Checkup.Memory(16_000_000_000, 1_000_000_000).Do.Should().Contain("rlhf plan");
        Checkup.Disk("s", 2_000_000_000).Do.Should().BeNull();
        Checkup.Disk("s", 600_000_000).Do.Should().Contain("--store DIR");
        Checkup.Store("s", new StoreState(3, 0, 10, 1, 5, 1, 0)).Should().ContainSingle().Which.Says.Should().Contain("in use by 1");
        Checkup.Store("s", new StoreState(3, 2, 10, 1, 5, 0, 0)).Last().Do.Should().Contain("rlhf verify");
    }
}
