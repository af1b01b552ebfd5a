namespace DataflowRlhf.Graph;

/// <summary>The runs of one stage that several rules look at, each made once.</summary>
internal sealed class Runs(Subject subject, ContractOptions options, TimeProvider time) : IDisposable
{
    /// <summary>Rows a batch where batches are cut small: no divisor of the others, so that their ends fall elsewhere.</summary>
    private const int Few = 5;
    private readonly Dictionary<string, Task<TrialResult>> made = [];

    public Subject Subject => subject;
    public GraphNode Node => subject.Node;
    public ContractOptions Options => options;
    public TimeProvider Time => time;

    /// <summary>As the example has it.</summary>
    public Task<TrialResult> Plain() => Once("plain", new Trial());

    /// <summary>The same once more, in another folder.</summary>
    public Task<TrialResult> Again() => Once("again", new Trial());

    /// <summary>Fed by a stream of small batches with two more columns.</summary>
    public Task<TrialResult> Small(int parallel) => Once($"small {parallel}", new Trial { BatchRows = Few, Extras = true, Parallel = parallel });

    /// <summary>Fed by one batch.</summary>
    public Task<TrialResult> Whole() => Once("whole", new Trial { BatchRows = 0 });

    public void Dispose() => subject.Dispose();

    private Task<TrialResult> Once(string name, Trial trial)
    {
        if (!made.TryGetValue(name, out var run))
            made[name] = run = subject.RunAsync(trial);
        return run;
    }
}
