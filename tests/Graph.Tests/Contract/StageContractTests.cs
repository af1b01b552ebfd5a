namespace DataflowRlhf.Graph.Tests.Contract;

/// <summary>The contract suite finds each kind of wrong stage, and has nothing against a right one.</summary>
public sealed class StageContractTests
{
    private static readonly StageRegistry Registry = new(typeof(Honest).Assembly);

    private static StageContract Of(string stage, ContractOptions? options = null) =>
        new(Registry.Find(stage)!, Registry, options ?? new ContractOptions { Alive = () => Interlocked.Read(ref Keeps.Held) }, new Ahead());

    [Fact]
    public async Task An_honest_stage_keeps_every_rule()
    {
        using var contract = Of("honest");
        foreach (var rule in StageContract.Rules)
            (await contract.CheckAsync(rule)).Should().Be(new ContractFinding(rule, ContractVerdict.Ok, ""));
    }

    [Theory]
    [InlineData("no-default", "described", "option more does not say its default*Default: 0.")]
    [InlineData("no-example", "described", "it has no example*[Example(*")]
    [InlineData("no-example", "leaves what it promises", "no-example has no example*")]
    [InlineData("other-ports", "ports are the same", "they were *word0*, then *word1*")]
    [InlineData("no-promise", "leaves what it promises", "*promises the column word: string*")]
    [InlineData("forgets", "pass on", "*a column that it does not know did not come through*")]
    [InlineData("turns", "pass on", "row 3 comes behind row 4")]
    [InlineData("dice", "equal seeds", "the same run twice: row 0, word: *, then *")]
    [InlineData("clock", "equal seeds", "*its fact 'when': *")]
    [InlineData("counts-batches", "cut otherwise", "all rows in one batch: row 8, word: *of 1*, then *of 0*")]
    [InlineData("hurries", "speed alone", "speed: 4, then 1: row 0, word: \"0 4\", then \"0 1\". *")]
    [InlineData("runs-ahead", "reads no further", "it asked for more of 'rows' while*")]
    [InlineData("deaf", "stops promptly", "it went on for 36* s. Look at run.Stopping*")]
    [InlineData("remembers", "killed and begun again", "killed at step *, then run again: config.json holds other bytes")]
    [InlineData("needs-rows", "without a row", "no rows on 'rows': ArgumentOutOfRangeException*StageException*")]
    [InlineData("litters", "writes nowhere", "it wrote notes.txt outside run.OutputFolder")]
    [InlineData("keeps", "gives back", "23 of the things*")]
    public async Task A_wrong_stage_is_found_out(string stage, string words, string why)
    {
        var rule = StageContract.Rules.Single(r => r.Contains(words, StringComparison.Ordinal));
        using var contract = Of(stage, new ContractOptions { Alive = () => Interlocked.Read(ref Keeps.Held), Patience = TimeSpan.FromDays(1) });
        var finding = await contract.CheckAsync(rule);
        finding.Verdict.Should().Be(ContractVerdict.Broken);
        finding.Why.Should().Match(why);
    }

    [Fact]
    public async Task A_stage_that_hangs_when_its_input_fails_is_found_out()
    {
        using var contract = Of("hangs", new ContractOptions { Patience = TimeSpan.FromSeconds(5) });
        (await contract.CheckAsync(StageContract.Rules.Single(r => r.Contains("leaves what it promises", StringComparison.Ordinal)))).Verdict.Should().Be(ContractVerdict.Ok);
        var finding = await contract.CheckAsync("an input that fails ends it");
        Hangs.Valve.SetResult();
        finding.Should().Be(new ContractFinding("an input that fails ends it", ContractVerdict.Broken, "it hangs: the run did not end in time"));
    }

    /// <summary>The clock that <see cref="Deaf"/> moves; its timers are the system's.</summary>
    private sealed class Ahead : TimeProvider
    {
        public override long GetTimestamp() => base.GetTimestamp() + (Interlocked.Read(ref Deaf.Ahead) * TimestampFrequency);
    }
}
