namespace DataflowRlhf.Learning.Training;

/// <summary>When a training keeps a checkpoint: after so many steps, or after so much time, whichever is first. It changes no result.</summary>
/// <param name="every">Steps between two; 0: steps do not matter.</param>
/// <param name="interval">Time between two; zero: time does not matter.</param>
public sealed class CheckpointCadence(long every, TimeSpan interval, TimeProvider time)
{
    private long since = time.GetTimestamp();
    private bool due;

    /// <summary>Whether any are kept at all.</summary>
    public bool Keeps => every > 0 || interval > TimeSpan.Zero;

    /// <summary>Time has come. Once due, it stays so until one is kept.</summary>
    public bool IsDue => due |= interval > TimeSpan.Zero && time.GetElapsedTime(since) >= interval;

    /// <summary>Tells that a step is done.</summary>
    /// <param name="done">Steps done.</param>
    public void Stepped(long done) => due |= every > 0 && done % every == 0;

    /// <summary>Tells that a checkpoint was kept, or gone on from.</summary>
    public void Kept()
    {
        due = false;
        since = time.GetTimestamp();
    }
}
