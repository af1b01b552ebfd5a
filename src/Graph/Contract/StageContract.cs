namespace DataflowRlhf.Graph;

/// <summary>
/// The rules that every stage keeps, each tried on the stage's own example: what a pipeline may rely on, whoever wrote the stage.
/// No test framework is in it: a test asks for one finding a rule, <c>rlhf prove</c> prints them.
/// </summary>
public sealed class StageContract : IDisposable
{
    private readonly StageKind kind;
    private readonly Lazy<Task<Runs>> runs;

    /// <param name="registry">The stages that the example may name.</param>
    /// <param name="time">For how long something may take.</param>
    public StageContract(StageKind kind, StageRegistry registry, ContractOptions options, TimeProvider time)
    {
        this.kind = kind;
        runs = new(async () => new Runs(await Subject.MakeAsync(kind, registry, options, time), options, time));
    }

    private static readonly (string Name, Func<StageKind, string?> Broken)[] OnPaper =
    [
        ("it, its options and its example are described", Declared.Words),
        ("its ports are the same from call to call", Declared.Ports),
    ];

    private static readonly (string Name, Func<Runs, string, Task<ContractFinding>> Find)[] OnRuns =
    [
        ("its example runs and leaves what it promises", Flow.PromisesAsync),
        ("columns that it does not know pass on, and rows keep their order", Flow.PassesOnAsync),
        ("equal seeds give equal bytes, facts and curves", Bytes.SeedsAsync),
        ("batches cut otherwise, mapped side by side or not, change nothing", Bytes.SplitsAsync),
        ("options for speed alone change no byte", Bytes.SpeedAsync),
        ("it reads no further while nobody takes what it emitted", Flow.WaitsAsync),
        ("an input that fails ends it", Ends.FailingInputAsync),
        ("cancelled, it stops promptly and leaves nothing", Ends.CancelledAsync),
        ("killed and begun again, it leaves the same bytes", Ends.KilledAsync),
        ("without a row it leaves an empty result or a clear message", Ends.NoRowsAsync),
        ("it writes nowhere but where it may", Ends.TidyAsync),
        ("it gives back all that it held", Ends.GivesBackAsync),
    ];

    /// <summary>Every rule, as a sentence.</summary>
    public static IReadOnlyList<string> Rules { get; } = [.. OnPaper.Select(r => r.Name), .. OnRuns.Select(r => r.Name)];

    /// <summary>Tries one rule. What several rules need is run once.</summary>
    /// <param name="rule">One of <see cref="Rules"/>.</param>
    public async Task<ContractFinding> CheckAsync(string rule)
    {
        if (OnPaper.FirstOrDefault(r => r.Name == rule) is { Broken: { } broken })
            return ContractFinding.Of(rule, broken(kind));
        var find = OnRuns.First(r => r.Name == rule).Find;
        Runs prepared;
        try
        {
            prepared = await runs.Value;
        }
        catch (Exception problem) when (problem is StageException or TimeoutException)
        {
            return rule == OnRuns[0].Name ? new(rule, ContractVerdict.Broken, problem.Message) : ContractFinding.NotAsked(rule, "its example does not run");
        }
        try
        {
            return await find(prepared, rule);
        }
        catch (TimeoutException)
        {
            return new(rule, ContractVerdict.Broken, "it hangs: the run did not end in time");
        }
    }

    public void Dispose()
    {
        if (runs.IsValueCreated && runs.Value.IsCompletedSuccessfully)
            runs.Value.Result.Dispose();
    }
}
