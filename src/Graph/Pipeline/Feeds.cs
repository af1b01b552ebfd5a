namespace DataflowRlhf.Graph;

/// <summary>Reads <c>from</c> of a stage's entry and sees whether what it names fits the stage's ports: their kinds, how many they take, columns and types.</summary>
internal sealed class Feeds(StageRegistry registry, Sources sources, Settings overrides, IReadOnlyList<GraphNode> built, EntryMistakes mistakes)
{
    /// <param name="Port">Null: the first.</param>
    /// <param name="Texts">Names of stages; empty where what is written names none, which is told.</param>
    public sealed record PortReferences(string? Port, YamlItem At, IReadOnlyList<YamlText> Texts);

    /// <param name="Inputs">One entry a fed port, in the ports' order.</param>
    /// <param name="Open">Ports of which it is not known all that feeds them, as something has a mistake.</param>
    public sealed record Fed(IReadOnlyList<GraphInput> Inputs, IReadOnlySet<string> Open);

    public IReadOnlyList<PortReferences> References(StageEntry entry, YamlMap map) => map.Find("from") switch
    {
        null => [],
        YamlMap ports => [.. ports.Entries.Select(e => Reference(entry, e.Key.Value, e.Value))],
        var item => [Reference(entry, null, item)],
    };

    private PortReferences Reference(StageEntry entry, string? port, YamlItem item)
    {
        var items = item is YamlList list ? list.Items : [item];
        var texts = items.OfType<YamlText>().ToList();
        if (texts.Count == 0 || texts.Count < items.Count)
            mistakes.Add(item, entry, "from", "names stages: one, a list, or a map of ports.", "from: tokens");
        return new PortReferences(port, item, texts);
    }

    /// <summary>What feeds each port, as far as it can be found; what does not fit is told.</summary>
    public Fed Feed(StageEntry entry, YamlMap map, StageKind kind, StagePorts ports, IReadOnlyList<PortReferences> references)
    {
        var fed = new Dictionary<string, IReadOnlyList<GraphNode>>(StringComparer.Ordinal);
        var open = new HashSet<string>(StringComparer.Ordinal);
        var meant = Meant.By(references.Select(r => r.Port).OfType<string>(), [.. ports.Inputs.Select(p => p.Name), .. kind.Options.Select(o => o.Name)], ports.Inputs.Where(p => !p.Optional).Select(p => p.Name));
        foreach (var reference in references)
        {
            var sourced = reference.Texts.Select(t => sources.Resolve(entry, t)).ToList();
            if (Port(entry, kind, ports, reference, meant) is not { } port)
                continue;
            List<GraphNode> nodes = [.. sourced.SelectMany(s => s.Nodes)];
            if (!port.Many && nodes.Count > 1)
                mistakes.Add(reference.At, entry, $"from.{port.Name}", $"'{port.Name}' takes one stage, not {nodes.Count}.", $"{port.Name}: {nodes[0].Name}");
            foreach (var node in nodes)
                Fit(entry, reference.At, kind, port, node);
            fed[port.Name] = nodes;
            if (sourced.Count == 0 || !sourced.All(s => s.All))
                open.Add(port.Name);
        }
        foreach (var port in ports.Inputs.Where(p => !p.Optional && !fed.ContainsKey(p.Name)))
        {
            open.Add(port.Name);
            if (references is not [{ Port: null, Texts: [] }])
                mistakes.Add(map.Find("from") ?? entry.Map, entry, "from", $"'{kind.Name}' needs '{port.Name}', and nothing feeds it.", $"from: {{ {port.Name}: … }}");
        }
        return new Fed([.. ports.Inputs.Where(p => fed.ContainsKey(p.Name)).Select(p => new GraphInput(p, fed[p.Name]))], open);
    }

    /// <summary>The port that is meant; null where there is none.</summary>
    private InputPort? Port(StageEntry entry, StageKind kind, StagePorts ports, PortReferences reference, Dictionary<string, string?> meant)
    {
        var name = reference.Port ?? ports.Inputs.FirstOrDefault()?.Name;
        if (name is not null && ports.Inputs.FirstOrDefault(p => p.Name == name) is { } port)
            return port;
        if (kind.Options.Any(o => o.Name == name))
        {
            // An option can stand for an input. One set by hand replaces what the file feeds.
            if (overrides.For(entry.Written, entry.Name).All(o => o.Option != name))
                mistakes.Add(reference.At, entry, $"from.{name}", $"'{name}' is given twice: here and as an option (with.{name}). Leave one out.");
            return null;
        }
        var near = name is null ? null : ports.Inputs.FirstOrDefault(p => p.Name == meant[name]);
        mistakes.Add(reference.At, entry, "from", ports.Inputs.Count == 0 ? $"'{kind.Name}' feeds from nothing." : $"'{name}' is not an input of '{kind.Name}' ({string.Join(", ", ports.Inputs.Select(p => p.Name))}).", near?.Name);
        return near;
    }

    private void Fit(StageEntry entry, YamlItem at, StageKind kind, InputPort port, GraphNode source)
    {
        if (!port.Takes(source.Ports.Output))
            mistakes.AddLate(() => Unfit(entry, at, port, source));
        else if (!source.ColumnsOpen && port is DatasetPort rows && rows.Needs.Where(n => !Carries(source, n)).ToList() is { Count: > 0 } lacking)
            mistakes.AddLate(() => Lacks(entry, at, kind, port, source, lacking));
    }

    private void Unfit(StageEntry entry, YamlItem at, InputPort port, GraphNode source)
    {
        var wanted = port is ModelPort model ? model.Holds.Count > 0 ? string.Join(" or ", model.Holds.Select(h => "a " + h)) : "a model" : "a dataset";
        var leaves = (source.Ports.Output as ModelOutput)?.Holds ?? source.Ports.Output.Kind.ToString().ToLowerInvariant();
        var makes = built.LastOrDefault(n => port.Takes(n.Ports.Output) && n.Name != entry.Name && !n.Inputs.Any(i => i.Sources.Any(s => s.Name == entry.Name)));
        mistakes.Add(at, entry, $"from.{port.Name}", $"'{port.Name}' takes {wanted}; '{source.Name}' ({source.Kind.Name}) leaves a {leaves}.", makes is null ? null : $"{port.Name}: {makes.Name}");
    }

    private void Lacks(StageEntry entry, YamlItem at, StageKind kind, InputPort port, GraphNode source, List<Column> lacking)
    {
        var odd = source.Columns.Where(c => lacking.Any(l => l.Name == c.Name)).ToList();
        var carries = odd.Count > 0 ? string.Join(", ", odd) : source.Columns.Count == 0 ? "no columns that are known" : string.Join(", ", source.Columns.Select(c => c.Name));
        var (remedy, instead) = Remedy(entry, kind, source, lacking);
        mistakes.Add(at, entry, $"from.{port.Name}", $"'{source.Name}' carries {carries}; '{kind.Name}' needs {string.Join(", ", lacking)}.{remedy}", instead);
    }

    /// <summary>Who took the columns out, which stage of the file adds them, or which kind of stage would.</summary>
    private (string Text, string? Write) Remedy(StageEntry entry, StageKind needs, GraphNode source, List<Column> lacking)
    {
        var them = lacking.Count == 1 ? "it" : "them";
        if (Dropper(source, lacking[0]) is { } dropper)
            return ($" '{dropper.Name}' (line {dropper.Line}) drops it.", dropper.Inputs.SelectMany(i => i.Sources).FirstOrDefault(s => Carries(s, lacking[0])) is { } before ? $"from: {before.Name}" : null);
        if (built.FirstOrDefault(n => n.Name != entry.Name && Adds(n.Ports.Output, lacking)) is { } adder)
            return ($" '{adder.Name}' adds {them}.", $"from: {adder.Name}");
        return registry.Kinds.FirstOrDefault(k => k != needs && Ports(k) is { } ports && Adds(ports.Output, lacking)) is { } kind
            ? ($" A stage '{kind.Name}' adds {them}.", $"{kind.Name}: {{ uses: {kind.Name}, from: {From(Ports(kind)!, source)} }}")
            : ("", null);
    }

    /// <summary>What feeds a stage that is to be written behind a source: where it needs more than that, each port by name.</summary>
    private static string From(StagePorts ports, GraphNode source)
    {
        var needed = ports.Inputs.Where(i => !i.Optional).ToList();
        return needed.Count < 2 ? source.Name : $"{{ {string.Join(", ", needed.Select((i, at) => $"{i.Name}: {(at == 0 ? source.Name : "…")}"))} }}";
    }

    private static bool Adds(Output output, List<Column> columns) => output is DatasetOutput rows && columns.All(c => rows.Adds.Any(a => a.Name == c.Name && a.Type == c.Type));

    /// <summary>A kind's ports as its defaults have them; null where it cannot say without options.</summary>
    private static StagePorts? Ports(StageKind kind) => kind.Ports(Activator.CreateInstance(kind.OptionsType)!);

    /// <summary>The stage that took a column out on its way here, or null where it never was there.</summary>
    private static GraphNode? Dropper(GraphNode node, Column column)
    {
        while (node.Ports.Output is DatasetOutput { PassesOn: { } port } && node.Inputs.FirstOrDefault(i => i.Port.Name == port)?.Sources is [var before, ..])
        {
            if (Carries(before, column))
                return node;
            node = before;
        }
        return null;
    }

    private static bool Carries(GraphNode node, Column column) => node.Columns.Any(c => c.Name == column.Name && c.Type == column.Type);
}
