using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>What goes into a stage's cache key.</summary>
internal static class NodeKeys
{
    /// <summary>All but the inputs: kind, code, options that change the result, the files they name, seed, kind of device and the libraries that compute on it.</summary>
    /// <exception cref="StageException">A file that an option names cannot be read.</exception>
    public static Preimage Own(GraphNode node, PipelineGraph graph, ArtifactStore store, RunOptions options)
    {
        var fields = new List<KeyValuePair<string, string>>
        {
            new("stage", node.Kind.Name),
            new("seed", Seed(node, graph).ToString(CultureInfo.InvariantCulture)),
            new("device", options.Device.Split(':')[0]),
        };
        var rows = node.Ports.Output is DatasetOutput || node.Ports.Inputs.Any(i => i is DatasetPort);
        fields.AddRange(CodeVersion.Of(node.Kind.Type, rows, store.Folder).Select(c => KeyValuePair.Create("code " + c.Key, c.Value)));
        if (options.Libraries.Count > 0 && node.Create().UsesDevice)
            fields.AddRange(options.Libraries.Select(l => KeyValuePair.Create("library " + l.Key, l.Value)));
        foreach (var option in node.Kind.Options.Where(o => !o.PerformanceOnly))
        {
            // What files hold makes the result, wherever they lie.
            if (option.InputPath && option.Get(node.Options) is string path)
                fields.AddRange(FilesOf(node, option.Name, PipelinePaths.Resolve(path, graph.File), store));
            else
                fields.Add(new("option " + option.Name, Value(node, option.Name, store)));
        }
        return new Preimage(fields);
    }

    private static string Value(GraphNode node, string option, ArtifactStore store)
    {
        var value = node.OptionValues[option]?.ToJsonString() ?? "null";
        if (!node.Secrets.Contains(option))
            return value;
        return FieldChange.FromEnvironment + SecretSalt.Hide(store.Folder, value);
    }

    /// <summary>What each port is fed: by content; a port that takes anything also by summaries and curves.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Inputs(GraphNode node, Func<GraphNode, ArtifactRecord> artifact) => Inputs(node, artifact, node.Inputs);

    private static IEnumerable<KeyValuePair<string, string>> Inputs(GraphNode node, Func<GraphNode, ArtifactRecord> artifact, IEnumerable<GraphInput> inputs) =>
        from input in inputs
        from source in input.Sources.Select((s, i) => (Node: s, Index: i))
        let made = artifact(source.Node)
        select KeyValuePair.Create(Field(input.Port, source.Index), input.Port is AnyPort ? $"{source.Node.Name} {made.Digest} {made.FactsDigest}" : made.InputDigest);

    /// <summary>As a record keeps them.</summary>
    public static IEnumerable<ArtifactSource> Sources(GraphNode node, Func<GraphNode, ArtifactRecord> artifact) =>
        from input in node.Inputs
        from source in input.Sources
        let made = artifact(source)
        select new ArtifactSource(input.Port.Name, source.Name, made.Key, made.Digest);

    /// <summary>The port whose rows may stream in: the first that can; null where none can.</summary>
    public static InputPort? Streaming(GraphNode node) => node.Inputs.Select(i => i.Port).FirstOrDefault(p => p is DatasetPort { Streams: true });

    /// <summary>All but what <see cref="Streaming"/> is fed: what a batch of that is turned into depends on the rest.</summary>
    public static Preimage ForJournal(GraphNode node, Preimage own, Func<GraphNode, ArtifactRecord> artifact) =>
        own.With([KeyValuePair.Create("stands for", $"batches of {node.Name}"), .. Inputs(node, artifact, node.Inputs.Where(i => i.Port != Streaming(node)))]);

    /// <summary>The stage that a field of <see cref="Inputs(GraphNode, Func{GraphNode, ArtifactRecord})"/> stands for; null where it is no input, or none any more.</summary>
    public static GraphNode? SourceOf(GraphNode node, string field) =>
        node.Inputs.SelectMany(i => i.Sources.Where((_, index) => Field(i.Port, index) == field)).FirstOrDefault();

    private static string Field(InputPort port, int index) => port.Many ? $"input {port.Name}[{index}]" : $"input {port.Name}";

    /// <summary>The stage's own seed: of the run's seed and its name.</summary>
    public static ulong Seed(GraphNode node, PipelineGraph graph) => SeededRandom.Mix(graph.Seed, node.Name);

    private static IEnumerable<KeyValuePair<string, string>> FilesOf(GraphNode node, string option, string path, ArtifactStore store)
    {
        try
        {
            return [.. PipelinePaths.Files(path).Select(f => KeyValuePair.Create($"file {option} {Path.GetRelativePath(Root(path), f)}", store.FileDigest(f)))];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new StageException($"{node.Name}: {option} names a file that cannot be read{(node.Secrets.Contains(option) ? "." : $": {unreadable.Message}")}", unreadable);
        }
    }

    /// <summary>What a file's name is relative to, so that a folder that moved is still the same.</summary>
    private static string Root(string path)
    {
        if (Directory.Exists(path))
            return path;
        var star = path.IndexOfAny(['*', '?']);
        return Path.GetDirectoryName(star < 0 ? path : path[..star] + "x")!;
    }
}
