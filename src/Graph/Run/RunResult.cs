namespace DataflowRlhf.Graph;

/// <summary>How a run ended.</summary>
public enum RunOutcome
{
    Done,
    Failed,

    /// <summary>Stopped from outside; the same run goes on from what is finished.</summary>
    Interrupted,
}

/// <param name="Artifacts">What is finished, by the stages' names.</param>
/// <param name="Edges">What flowed.</param>
/// <param name="Verdict">In words, what the device waited for.</param>
public sealed record RunResult(
    RunOutcome Outcome, IReadOnlyDictionary<string, ArtifactRecord> Artifacts, IReadOnlyList<EdgeMeter> Edges, string Verdict, string? FailedStage, string? Message)
{
    /// <summary>Whether anything could run; if not, the message says why.</summary>
    public bool Began { get; init; } = true;
}

/// <summary>What passed an edge of the network.</summary>
/// <param name="From">The producer: a stage, or the store that replays one.</param>
/// <param name="To">The consumer: a stage, or the store that keeps what is made.</param>
/// <param name="Bytes">Roughly, as the batches lie in memory.</param>
/// <param name="PeakBytes">The most that waited at once.</param>
/// <param name="BlockedSeconds">The producer waited for room.</param>
/// <param name="StarvedSeconds">The consumer waited for a batch.</param>
public sealed record EdgeMeter(string From, string To, long Rows, long Batches, long Bytes, long PeakBytes, double BlockedSeconds, double StarvedSeconds);
