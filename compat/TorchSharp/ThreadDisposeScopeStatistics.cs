namespace TorchSharp;

/// <summary>Tensors of one thread: what it made and disposed of. What a finalizer freed is not seen.</summary>
public class ThreadDisposeScopeStatistics
{
    public long CreatedOutsideScopeCount { get; private set; }
    public long DisposedOutsideScopeCount { get; private set; }
    public long CreatedInScopeCount { get; private set; }
    public long DisposedInScopeCount { get; private set; }
    public long AttachedToScopeCount { get; private set; }
    public long DetachedFromScopeCount { get; private set; }

    /// <summary>Made less disposed of.</summary>
    public long ThreadTotalLiveCount => CreatedOutsideScopeCount + CreatedInScopeCount - DisposedOutsideScopeCount - DisposedInScopeCount;

    internal void Created(bool inScope)
    {
        if (inScope)
            CreatedInScopeCount++;
        else
            CreatedOutsideScopeCount++;
    }

    internal void Disposed(bool inScope)
    {
        if (inScope)
            DisposedInScopeCount++;
        else
            DisposedOutsideScopeCount++;
    }

    internal void Handed(bool fromScope, bool toScope)
    {
        if (!fromScope && toScope)
            AttachedToScopeCount++;
        if (fromScope && !toScope)
            DetachedFromScopeCount++;
    }

    public void Reset() => CreatedOutsideScopeCount = DisposedOutsideScopeCount = CreatedInScopeCount = DisposedInScopeCount = AttachedToScopeCount = DetachedFromScopeCount = 0;

    public override string ToString() =>
        $"live {ThreadTotalLiveCount}; in scopes +{CreatedInScopeCount} -{DisposedInScopeCount}; outside +{CreatedOutsideScopeCount} -{DisposedOutsideScopeCount}; attached {AttachedToScopeCount}; detached {DetachedFromScopeCount}";
}
