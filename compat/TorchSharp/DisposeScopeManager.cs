namespace TorchSharp;

/// <summary>Counts of the calling thread.</summary>
public class DisposeScopeManager
{
    [ThreadStatic]
    private static ThreadDisposeScopeStatistics? statistics;

    public static ThreadDisposeScopeStatistics Statistics => statistics ??= new();
}

/// <summary>Tensors of one thread.</summary>
public class ThreadDisposeScopeStatistics
{
    /// <summary>Made on this thread less disposed of on it; what a finalizer freed is not seen.</summary>
    public long ThreadTotalLiveCount { get; internal set; }

    public void Reset() => ThreadTotalLiveCount = 0;
}
