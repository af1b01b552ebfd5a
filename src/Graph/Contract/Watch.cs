namespace DataflowRlhf.Graph;

/// <summary>What one run of a stage did, step by step; a rule may act at a step.</summary>
/// <param name="onStep">Called with each step's number, from 1: a batch read or emitted, a point of a curve, a batch mapped.</param>
internal sealed class Watch(Action<int> onStep)
{
    private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int steps;

    public int Steps => Volatile.Read(ref steps);

    /// <summary>The first exception that left the body.</summary>
    public Exception? Thrown { get; set; }

    /// <summary>What was read while an emitted batch was not taken yet.</summary>
    public string? ReadAhead { get; set; }

    /// <summary>Names in the stage's folder that the body put beside its output.</summary>
    public IReadOnlyList<string> Beside { get; set; } = [];

    /// <summary>A batch was emitted and nobody has taken it yet.</summary>
    public bool Held;

    /// <summary>The first step is done.</summary>
    public Task Begun => begun.Task;

    public void Step()
    {
        begun.TrySetResult();
        onStep(Interlocked.Increment(ref steps));
    }
}
