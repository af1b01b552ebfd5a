namespace DataflowRlhf.Graph;

/// <summary>What an artifact was made from, back to the files.</summary>
/// <param name="Stage">The stage that made it.</param>
/// <param name="Artifact">Null: the store has it no more, or another stands in its place.</param>
/// <param name="Fields">What its key was made of: <c>option epochs</c>, <c>seed</c>, <c>device</c>, <c>code Stages</c>, <c>file path a.jsonl</c>.</param>
/// <param name="Inputs">In the order of the ports.</param>
public sealed record ArtifactTree(string Stage, string Key, string Digest, ArtifactRecord? Artifact, IReadOnlyDictionary<string, string> Fields, IReadOnlyList<(string Port, ArtifactTree From)> Inputs)
{
    /// <summary>The fields of their keys by which two artifacts differ, inputs by content; empty where one of both has no preimage.</summary>
    public static IReadOnlyList<FieldChange> Changes(ArtifactStore store, ArtifactRecord was, ArtifactRecord now) =>
        store.PreimageOf(was.Key) is { } before && store.PreimageOf(now.Key) is { } after ? after.Changes(before) : [];

    /// <summary>The tree of an artifact; what several were made from is one and the same object.</summary>
    public static ArtifactTree Of(ArtifactStore store, ArtifactRecord artifact)
    {
        var made = new Dictionary<string, ArtifactTree>(StringComparer.Ordinal);
        var byDigest = new Lazy<ILookup<string, ArtifactRecord>>(() => store.List().ToLookup(a => a.Digest));
        return Node(artifact.Stage, artifact.Key, artifact.Digest);

        ArtifactTree Node(string stage, string key, string digest)
        {
            if (made.TryGetValue(key, out var known))
                return known;
            var found = store.Find(key) is { } there && there.Digest == digest ? there : null;
            var fields = found is null ? null : store.PreimageOf(key)?.Fields;
            var inputs = found is null ? [] : Sources(found, fields);
            return made[key] = new ArtifactTree(stage, key, digest, found, fields ?? new Dictionary<string, string>(), [.. inputs.Select(i => (i.Port, Node(i.Stage, i.Key, i.Digest)))]);
        }

        IReadOnlyList<ArtifactSource> Sources(ArtifactRecord of, IReadOnlyDictionary<string, string>? fields) => of.Inputs.Count > 0 || fields is null ? of.Inputs
            // An older record does not name what fed it: the newest with that content did, or one just like it.
            : [.. from field in fields
                where field.Key.StartsWith("input ", StringComparison.Ordinal)
                let words = field.Value.Split(' ')
                let digest = words.Length > 1 ? words[^2] : words[0]
                let source = byDigest.Value[digest].LastOrDefault()
                select source is null ? new ArtifactSource(field.Key[6..], "?", digest, digest) : new ArtifactSource(field.Key[6..], source.Stage, source.Key, source.Digest)];
    }
}
