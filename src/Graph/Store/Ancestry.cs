namespace DataflowRlhf.Graph;

/// <summary>Which artifacts of a store were made from which; records whose content is elsewhere carry on the thread.</summary>
internal sealed class Ancestry
{
    private readonly ArtifactStore store;
    private readonly Dictionary<string, StoredRecord> records;
    private readonly Dictionary<string, StoredRecord> known;
    private readonly ILookup<string, string> byDigest;

    public Ancestry(ArtifactStore store)
    {
        this.store = store;
        records = store.Records().Where(r => ArtifactStore.IsKey(r.Key)).DistinctBy(r => r.Key).ToDictionary(r => r.Key);
        known = new Dictionary<string, StoredRecord>(records);
        foreach (var remembered in RememberedRecord.Folders(store.Folder).Select(StoredRecord.Read).OfType<StoredRecord>())
            known.TryAdd(remembered.Key, remembered);
        byDigest = known.Values.ToLookup(r => r.Digest, r => r.Key);
    }

    /// <summary>Every artifact by its key.</summary>
    public IReadOnlyDictionary<string, StoredRecord> Records => records;

    /// <summary>The given keys of which anything is known, and all that they were made from.</summary>
    public HashSet<string> WithInputs(IEnumerable<string> keys)
    {
        var found = new HashSet<string>();
        var open = new Stack<string>(keys);
        while (open.TryPop(out var key))
            if (known.ContainsKey(key) && found.Add(key))
                foreach (var input in InputsOf(key))
                    open.Push(input);
        return found;
    }

    /// <summary>What one was made from, as far as anything is known of it: by the keys in its record, else all that hold the same content.</summary>
    private IReadOnlyList<string> InputsOf(string key) => known[key].Inputs is { } inputs
        ? [.. inputs.SelectMany(i => known.ContainsKey(i.Key) ? [i.Key] : byDigest[i.Digest])]
        : [.. Digests(key).SelectMany(digest => byDigest[digest]).Distinct()];

    /// <summary>An older record names no inputs; its preimage has what they held.</summary>
    private IEnumerable<string> Digests(string key) =>
        store.PreimageOf(key)?.Fields.Where(f => f.Key.StartsWith("input ", StringComparison.Ordinal)).SelectMany(f => f.Value.Split(' ')) ?? [];
}
