namespace DataflowRlhf.Graph.Tests.Run;

public sealed class RerunTests : IDisposable
{
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    private static string Chain(int salt) => $$"""
          numbers: { uses: emit, with: { salt: {{salt}}, body: {{Probe.Body(run => run.EmitAsync(Probe.Of([salt])).AsTask())}} } }
          doubled: { uses: double, from: numbers }
          model:   { uses: learn, from: doubled }
        """;

    private static RunOptions Only(params string[] stages) => new() { Force = stages.ToHashSet(), Only = stages.ToHashSet() };

    [Fact]
    public async Task A_forced_stage_runs_and_an_equal_result_changes_nothing_else()
    {
        (await graph.RunAsync(Chain(1))).Done();
        var again = (await graph.RunAsync(Chain(1), new RunOptions { Force = new HashSet<string> { "doubled" } })).Done();
        again.Log.Ran.Should().Equal("doubled");
        again.Log.Hits.Should().BeEquivalentTo(["numbers", "model"]);
    }

    [Fact]
    public async Task Alone_takes_its_inputs_as_they_are()
    {
        (await graph.RunAsync(Chain(1))).Done();
        var alone = (await graph.RunAsync(Chain(2), Only("doubled"))).Done();
        alone.Log.Ran.Should().Equal("doubled");
        alone.Log.Warnings.Should().ContainSingle().Which.Should().Contain("out of date");
        alone.Result.Artifacts.Keys.Should().BeEquivalentTo(["numbers", "doubled"]);
        (await graph.ReadAsync(alone["doubled"])).Single().Get(Probe.Number).Should().Equal(1);
    }

    [Fact]
    public async Task Alone_without_inputs_says_what_to_run()
    {
        var alone = await graph.RunAsync(Chain(1), Only("doubled"));
        alone.Result.Outcome.Should().Be(RunOutcome.Failed);
        (alone.Result.FailedStage, alone.Result.Message).Should().Be(("numbers", alone.Result.Message));
        alone.Result.Message.Should().Contain("the store has nothing of it yet").And.Contain("write: rlhf run");
    }

    [Fact]
    public async Task A_stage_that_is_not_cached_always_runs()
    {
        var stages = "  numbers: { uses: emit, cache: false }\n  doubled: { uses: double, from: numbers }";
        (await graph.RunAsync(stages)).Done();
        var again = (await graph.RunAsync(stages)).Done();
        again.Log.Ran.Should().Equal("numbers");
        again.Log.Hits.Should().Equal("doubled");
    }

    [Fact]
    public async Task A_file_that_changed_is_read_again()
    {
        var file = Path.Combine(graph.StoreFolder, "words.txt");
        await File.WriteAllTextAsync(file, "one");
        var stages = $"  words: {{ uses: some-words, with: {{ path: \"{file}\" }} }}";
        (await graph.RunAsync(stages)).Done();
        (await graph.RunAsync(stages)).Done().Log.Hits.Should().Equal("words");
        await File.WriteAllTextAsync(file, "another");
        graph.Plan(stages)[0].Reason.Should().Be("file path words.txt changed");
        (await graph.RunAsync(stages)).Done().Log.Ran.Should().Equal("words");
    }

    [Fact]
    public async Task A_file_that_moved_is_still_the_same()
    {
        string Stages(string folder) => $"  words: {{ uses: some-words, with: {{ path: \"{Path.Combine(graph.StoreFolder, folder)}\" }} }}";
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(graph.StoreFolder, "here")).FullName, "words.txt");
        await File.WriteAllTextAsync(file, "one");
        (await graph.RunAsync(Stages("here"))).Done();
        Directory.Move(Path.Combine(graph.StoreFolder, "here"), Path.Combine(graph.StoreFolder, "there"));
        (await graph.RunAsync(Stages("there"))).Done().Log.Hits.Should().Equal("words");
        (await graph.RunAsync(Stages("there/words.txt"))).Done().Log.Hits.Should().Equal("words");
    }

    [Fact]
    public async Task A_file_that_changes_under_its_stage_leaves_no_artifact()
    {
        var file = Path.Combine(graph.StoreFolder, "words.txt");
        await File.WriteAllTextAsync(file, "one");
        var changes = Probe.Body(async run =>
        {
            await File.WriteAllTextAsync(file, "another");
            await run.EmitAsync(Probe.Of([1]));
        });
        var stages = $"  numbers: {{ uses: emit, with: {{ file: \"{file}\", body: {changes} }} }}";
        var ran = await graph.RunAsync(stages);
        ran.Result.Message.Should().Contain("changed while it ran");
        ran.Result.Artifacts.Should().BeEmpty();
        (await graph.RunAsync(stages)).Done().Log.Ran.Should().Equal("numbers");
    }

    [Fact]
    public async Task A_secret_makes_the_key_and_is_not_stored()
    {
        const string stages = "  words: { uses: some-words, with: { language: \"${env:RERUN_TESTS}\" } }";
        Environment.SetEnvironmentVariable("RERUN_TESTS", "s3cret");
        var first = (await graph.RunAsync(stages)).Done();
        first.Log.Ran.Should().Equal("words");
        foreach (var file in Directory.EnumerateFiles(graph.StoreFolder, "*", SearchOption.AllDirectories))
            (await File.ReadAllTextAsync(file)).Should().NotContain("s3cret", file);
        (await graph.RunAsync(stages)).Done().Log.Hits.Should().Equal("words");
        var plain = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("\"s3cret\""u8));
        var salt = Path.Combine(graph.StoreFolder, "salt");
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(salt).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string Hidden() => File.ReadAllText(Directory.EnumerateFiles(graph.StoreFolder, "preimage.json", SearchOption.AllDirectories).Single());
        Hidden().Should().Contain("from the environment ").And.NotContain(plain);
        SecretSalt.Hide(graph.StoreFolder, "x").Should().Be(SecretSalt.Hide(graph.StoreFolder, "x")).And.NotBe(SecretSalt.Hide(Directory.CreateTempSubdirectory("salt-").FullName, "x"));
        Environment.SetEnvironmentVariable("RERUN_TESTS", "an0ther");
        graph.Plan(stages)[0].Reason.Should().StartWith("option language: from the environment").And.NotContain("an0ther");
        (await graph.RunAsync(stages)).Done().Log.Ran.Should().Equal("words");
    }

    [Fact]
    public async Task Of_two_runs_that_stream_the_same_the_first_to_commit_is_kept()
    {
        Outcome? other = null;
        var streams = 0;
        var stages = "";
        stages = $"  numbers: {{ uses: emit }}\n  passed: {{ uses: pass, from: numbers, with: {{ body: {Probe.Body(async run =>
        {
            await Probe.PassOn(run);
            if (Interlocked.Increment(ref streams) == 1)
                other = await graph.RunAsync(stages);
        })} }} }}";
        var mine = (await graph.RunAsync(stages)).Done();
        streams.Should().Be(2);
        mine["passed"].Should().BeEquivalentTo(other!.Done()["passed"]);
    }

    [Fact]
    public async Task Two_runs_of_one_pipeline_make_each_artifact_once()
    {
        var made = 0;
        var counts = Probe.Body(async run =>
        {
            Interlocked.Increment(ref made);
            await Task.Yield();
            await File.WriteAllTextAsync(Path.Combine(run.OutputFolder, "config.json"), "{}");
        });
        var stages = $"  numbers: {{ uses: emit }}\n  model: {{ uses: learn, from: numbers, with: {{ body: {counts} }} }}";
        (await graph.RunAsync("  numbers: { uses: emit }")).Done();
        var both = await Task.WhenAll(graph.RunAsync(stages), graph.RunAsync(stages));
        both.Should().AllSatisfy(b => b.Done());
        made.Should().Be(1);
    }

    [Fact]
    public async Task A_slice_needs_what_feeds_it_and_nothing_further_back()
    {
        const string stages = """
              numbers: { uses: emit }
              doubled: { uses: double, from: numbers }
              passed:  { uses: pass, from: doubled }
              model:   { uses: learn, from: passed }
            """;
        var first = (await graph.RunAsync(stages)).Done();
        foreach (var gone in new[] { "numbers", "doubled" })
            Directory.Delete(Path.GetDirectoryName(first[gone].Folder)!, recursive: true);

        var ran = (await graph.RunAsync(stages, new RunOptions { Only = new HashSet<string> { "model" }, Force = new HashSet<string> { "model" } })).Done();

        ran.Log.Ran.Should().Equal("model");
        ran["model"].Digest.Should().Be(first["model"].Digest);
        ran.Log.Warnings.Should().ContainSingle().Which.Should().Contain("what feeds it is gone");
        (await graph.RunAsync(stages, new RunOptions { Only = new HashSet<string> { "passed" } })).Result.Message.Should().Contain("the store has nothing of it yet");
    }
}
