namespace DataflowRlhf.Graph;

/// <summary>How a graph is to be run.</summary>
public sealed record RunOptions
{
    /// <summary>Names of stages that run even where the store has what they would make.</summary>
    public IReadOnlySet<string> Force { get; init; } = new HashSet<string>();

    /// <summary>Names of the only stages that may run; what feeds them is taken from the store as it is. Null: all.</summary>
    public IReadOnlySet<string>? Only { get; init; }

    /// <summary>Where tensors live: <c>cpu</c> or <c>cuda:0</c>. Default: cpu.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Bytes of memory that the device has; null: not known. A stage that foresees more is warned of.</summary>
    public long? Memory { get; init; }

    /// <summary>Libraries that compute on the device, with their versions: other ones give other bytes, so they are part of the key of each stage that uses the device.</summary>
    public IReadOnlyDictionary<string, string> Libraries { get; init; } = new Dictionary<string, string>();

    /// <summary>How many batches a row stage maps side by side. Default: the cores.</summary>
    public int Parallel { get; init; } = Environment.ProcessorCount;

    /// <summary>Names of stages that run again, but only for the batches of which rows were put aside the last time; the rest is taken as it was.</summary>
    public IReadOnlySet<string> Replay { get; init; } = new HashSet<string>();

    /// <summary>After so long without a sign of life the run says who waits for whom. Default: 5 min.</summary>
    public TimeSpan StallAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a stage keeps what it has made of its batches, for the run after a kill; <see cref="Timeout.InfiniteTimeSpan"/>: never, and what was kept before is not looked at. Default: 10 s.</summary>
    public TimeSpan KeepEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether an exception's message is meant for the person as it is, like a <see cref="StageException"/>'s.</summary>
    public Func<Exception, bool> Clear { get; init; } = _ => false;

    /// <summary>Whether a stage may be taken from the store.</summary>
    internal bool MayHit(GraphNode node) => node.Cached && !Force.Contains(node.Name) && !Replay.Contains(node.Name);
}
