namespace TorchSharp;

/// <summary>Owns what was made on its thread while it was the innermost scope, and disposes of it at its end.</summary>
public sealed class DisposeScope : IDisposable
{
    private readonly DisposeScope? outer;
    private HashSet<IDisposable>? owned = new(ReferenceEqualityComparer.Instance);

    [ThreadStatic]
    private static DisposeScope? current;

    internal DisposeScope()
    {
        outer = Current;
        current = this;
    }

    /// <summary>The thread's innermost scope; one that was ended elsewhere counts no more.</summary>
    internal static DisposeScope? Current
    {
        get
        {
            while (current is { owned: null })
                current = current.outer;
            return current;
        }
    }

    public IReadOnlyList<IDisposable> DisposablesView => owned is null ? [] : [.. owned];
    public int DisposablesCount => owned?.Count ?? 0;

    internal void Add(torch.Tensor tensor)
    {
        owned?.Add(tensor);
        tensor.Owner = this;
    }

    internal void Remove(IDisposable disposable) => owned?.Remove(disposable);

    public T MoveToOuter<T>(T disposable) where T : IDisposable => MoveToOther(outer, disposable);

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOther(outer, disposables);

    public void MoveToOuter(IEnumerable<IDisposable> disposables) => MoveToOther(outer, disposables);

    public T MoveToOther<T>(DisposeScope? scope, T disposable) where T : IDisposable
    {
        Remove(disposable);
        Hand(disposable, scope);
        return disposable;
    }

    /// <summary>Gives it from the scope that owns it to another; null for none.</summary>
    internal static void Hand(IDisposable disposable, DisposeScope? to)
    {
        // A scope that has ended owns nothing more.
        if (to?.owned is null)
            to = null;
        if (disposable is torch.Tensor tensor)
        {
            DisposeScopeManager.Statistics.Handed(tensor.Owner is not null, to is not null);
            tensor.Owner?.Remove(tensor);
            tensor.Owner = to;
        }
        to?.owned!.Add(disposable);
    }

    public (T1, T2) MoveToOuter<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable => (MoveToOuter(first), MoveToOuter(second));

    public (T1, T2) MoveToOther<T1, T2>(DisposeScope? scope, T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable => (MoveToOther(scope, first), MoveToOther(scope, second));

    public (T1, T2) Detach<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable => (Detach(first), Detach(second));

    public void MoveToOther(DisposeScope? scope, params IDisposable[] disposables) => MoveToOther(scope, (IEnumerable<IDisposable>)disposables);

    public void MoveToOther(DisposeScope? scope, IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables)
            MoveToOther(scope, disposable);
    }

    public T Detach<T>(T disposable) where T : IDisposable => MoveToOther(null, disposable);

    public void Detach(params IDisposable[] disposables) => MoveToOther(null, disposables);

    public void Detach(IEnumerable<IDisposable> disposables) => MoveToOther(null, disposables);

    public void Attach(IDisposable disposable) => Hand(disposable, this);

    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);

    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        var all = disposables.ToList();
        all.ForEach(Attach);
        return all;
    }

    public void DisposeEverything() => DisposeEverythingBut();

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        if (owned is null)
            return;
        var keep = new HashSet<IDisposable>(inKeep, ReferenceEqualityComparer.Instance);
        var all = owned;
        owned = keep.Count == 0 ? new(ReferenceEqualityComparer.Instance) : new(all.Where(keep.Contains), ReferenceEqualityComparer.Instance);
        foreach (var disposable in all)
            if (!keep.Contains(disposable))
                disposable.Dispose();
    }

    public T DisposeEverythingBut<T>(T keep) where T : IDisposable
    {
        DisposeEverythingBut((IDisposable)keep);
        return keep;
    }

    public bool Contains(IDisposable disposable) => owned?.Contains(disposable) == true;

    public void MarkAsDisposed(IDisposable disposable) => Remove(disposable);

    public void Dispose()
    {
        if (owned is null)
            return;
        // Scopes may end out of order: what stands above this one ends with it.
        for (var scope = current; scope is not null; scope = scope.outer)
            if (scope == this)
            {
                current = outer;
                break;
            }
        var all = owned;
        owned = null;
        foreach (var disposable in all)
            disposable.Dispose();
    }
}
