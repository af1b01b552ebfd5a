namespace DataflowRlhf.Graph;

/// <summary>A running stage at a moment.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="Activity">What it does.</param>
/// <param name="WaitsFor">At the other end of the pipe that it waits for: a stage, <c>x (store)</c>, or <c>store</c>; null while it computes.</param>
/// <param name="Seconds">Since its attempt began.</param>
/// <param name="Rows">Emitted.</param>
/// <param name="Counts">What else it counts, such as tokens.</param>
/// <param name="QueuedBatches">Wait in front of it.</param>
/// <param name="QueuedBytes">Of those, roughly as they lie in memory.</param>
/// <param name="BlockedSeconds">It waited for room, all in all.</param>
/// <param name="StarvedSeconds">It waited for batches, all in all.</param>
public sealed record StageMeter(
    string Stage, StageActivity Activity, string? WaitsFor, double Seconds, long Rows, IReadOnlyDictionary<string, long> Counts,
    long QueuedBatches, long QueuedBytes, double BlockedSeconds, double StarvedSeconds);
