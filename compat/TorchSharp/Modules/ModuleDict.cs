using System.Collections;
using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Modules under names, in the order they came in.</summary>
public class ModuleDict<T> : nn.Module, IDictionary<string, T>, IList<(string, T)> where T : nn.Module
{
    private readonly List<(string Key, T Value)> list = [];

    public ModuleDict()
        : base(nameof(ModuleDict<T>))
    {
    }

    public (string, T) this[int index]
    {
        get => list[index];
        set => Change(() => list[index] = value);
    }

    public T this[string key]
    {
        get => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"No module is named '{key}'; there are {string.Join(", ", Keys)}.");
        set => Change(() =>
        {
            var at = Place(key);
            if (at < 0)
                list.Add((key, value));
            else
                list[at] = (key, value);
        });
    }

    public bool IsReadOnly => false;
    public int Count => list.Count;
    public ICollection<string> Keys => [.. list.Select(p => p.Key)];
    public ICollection<T> Values => [.. list.Select(p => p.Value)];
    public IEnumerable<string> keys() => Keys;
    public IEnumerable<T> values() => Values;
    public IEnumerator<(string, T)> items() => GetEnumerator();

    protected override void RegisterComponents()
    {
        ClearModules();
        foreach (var (key, value) in list)
            register_module(key, value);
    }

    private void Change(Action change)
    {
        change();
        RegisterComponents();
    }

    private int Place(string key) => list.FindIndex(p => p.Key == key);

    public void Add(string key, T value)
    {
        if (ContainsKey(key))
            throw new ArgumentException($"A module is named '{key}' already.", nameof(key));
        Change(() => list.Add((key, value)));
    }

    public void Add((string, T) item) => Add(item.Item1, item.Item2);
    public void Add(KeyValuePair<string, T> item) => Add(item.Key, item.Value);
    public void Insert(int index, (string, T) item) => Change(() => list.Insert(index, item));
    public void RemoveAt(int index) => Change(() => list.RemoveAt(index));
    public void clear() => Clear();
    public void Clear() => Change(list.Clear);

    public bool Remove(string key)
    {
        var at = Place(key);
        if (at >= 0)
            RemoveAt(at);
        return at >= 0;
    }

    public bool Remove((string, T) item) => Contains(item) && Remove(item.Item1);
    public bool Remove(KeyValuePair<string, T> item) => Remove((item.Key, item.Value));
    public bool Contains((string, T) item) => list.Contains(item);
    public bool Contains(KeyValuePair<string, T> item) => Contains((item.Key, item.Value));
    public bool ContainsKey(string key) => Place(key) >= 0;
    public int IndexOf((string, T) item) => list.IndexOf(item);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value)
    {
        var at = Place(key);
        value = at < 0 ? null : list[at].Value;
        return at >= 0;
    }

    public void CopyTo((string, T)[] array, int arrayIndex) => list.CopyTo(array, arrayIndex);
    public void CopyTo(KeyValuePair<string, T>[] array, int arrayIndex) => list.Select(p => KeyValuePair.Create(p.Key, p.Value)).ToList().CopyTo(array, arrayIndex);
    public IEnumerator<(string, T)> GetEnumerator() => list.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    IEnumerator<KeyValuePair<string, T>> IEnumerable<KeyValuePair<string, T>>.GetEnumerator() => list.Select(p => KeyValuePair.Create(p.Key, p.Value)).GetEnumerator();
}
