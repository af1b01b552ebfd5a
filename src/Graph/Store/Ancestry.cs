namespace DataflowRlhf.Graph;

/// <summary>Which artifacts of a store were made from which.</summary>
internal sealed class Ancestry
{
    private readonly ArtifactStore store;
    private readonly Dictionary<string, StoredRecord> records;
    private readonly ILookup<string, string> byDigest;

    public Ancestry(ArtifactStore store)
    {
        this.store = store;
        records = store.Records().Where(r => ArtifactStore.IsKey(r.Key)).DistinctBy(r => r.Key).ToDictionary(r => r.Key);
        byDigest = records.Values.ToLookup(r => r.Digest, r => r.Key);
    }

    /// <summary>Every artifact by its key.</summary>
    public IReadOnlyDictionary<string, StoredRecord> Records => records;

    /// <summary>Adds the given keys that there are, and everything they were made from.</summary>
    public void AddWithInputs(IEnumerable<string> keys, ISet<string> to)
    {
        var open = new Stack<string>(keys);
        while (open.TryPop(out var key))
            if (records.ContainsKey(key) && to.Add(key))
                foreach (var input in InputsOf(key))
                    open.Push(input);
    }

    /// <summary>The artifacts that one was made from, as far as they are there: by the keys in its record, else all that hold the same content.</summary>
    public IReadOnlyList<string> InputsOf(string key) => records[key].Inputs is { } inputs
        ? [.. inputs.SelectMany(i => records.ContainsKey(i.Key) ? [i.Key] : byDigest[i.Digest])]
        : [.. Digests(key).SelectMany(digest => byDigest[digest]).Distinct()];

    /// <summary>An older record names no inputs; its preimage has what they held.</summary>
    private IEnumerable<string> Digests(string key) =>
        store.PreimageOf(key)?.Fields.Where(f => f.Key.StartsWith("input ", StringComparison.Ordinal)).SelectMany(f => f.Value.Split(' ')) ?? [];
}
