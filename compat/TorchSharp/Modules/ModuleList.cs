using System.Collections;
using System.Globalization;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Modules in a row; their places are their names.</summary>
public class ModuleList<T> : nn.Module, IList<T> where T : nn.Module
{
    private readonly List<T> items = [];

    public ModuleList(params T[] modules)
        : base(nameof(ModuleList<T>)) => extend(modules);

    public T this[int index]
    {
        get => items[index];
        set => Change(() => items[index] = value);
    }

    public int Count => items.Count;
    public bool IsReadOnly => false;

    protected override void RegisterComponents()
    {
        ClearModules();
        for (var i = 0; i < items.Count; i++)
            register_module(i.ToString(CultureInfo.InvariantCulture), items[i]);
    }

    private void Change(Action change)
    {
        change();
        RegisterComponents();
    }

    public void Add(T item) => Change(() => items.Add(item));
    public void append(params T[] parameters) => extend(parameters);
    public void extend(IEnumerable<T> modules) => Change(() => items.AddRange(modules));
    public void Insert(int index, T item) => Change(() => items.Insert(index, item));
    public void RemoveAt(int index) => Change(() => items.RemoveAt(index));
    public void Clear() => Change(items.Clear);

    public bool Remove(T item)
    {
        var removed = items.Remove(item);
        RegisterComponents();
        return removed;
    }

    public bool Contains(T item) => items.Contains(item);
    public int IndexOf(T item) => items.IndexOf(item);
    public void CopyTo(T[] array, int arrayIndex) => items.CopyTo(array, arrayIndex);
    public IEnumerator<T> GetEnumerator() => items.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => items.GetEnumerator();
}
