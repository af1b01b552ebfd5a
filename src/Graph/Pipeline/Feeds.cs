namespace DataflowRlhf.Graph;

/// <summary>Reads <c>from</c> of a stage's entry and sees whether what it names fits the stage's ports: their kinds, how many they take, columns and types.</summary>
internal sealed class Feeds(StageRegistry registry, Sources sources, Settings overrides, IReadOnlyList<GraphNode> built, EntryMistakes mistakes)
{
    public sealed record PortReferences(string? Port, YamlItem At, IReadOnlyList<YamlText> Texts, bool IsList);

    public List<PortReferences> References(StageEntry entry, YamlMap map)
    {
        var found = new List<PortReferences>();
        void Add(string? port, YamlItem item)
        {
            var texts = item is YamlList list ? list.Items.OfType<YamlText>().ToList() : item is YamlText one ? [one] : [];
            if (texts.Count == 0 || (item is YamlList l && l.Items.Count != texts.Count))
                mistakes.Add(item, entry, "from", "names stages: one, a list, or a map of ports.", "from: tokens");
            else
                found.Add(new PortReferences(port, item, texts, item is YamlList));
        }
        if (map.Find("from") is YamlMap ports)
            foreach (var (key, value) in ports.Entries)
                Add(key.Value, value);
        else if (map.Find("from") is { } item)
            Add(null, item);
        return found;
    }

    /// <summary>One entry a fed port, or null where something does not fit.</summary>
    public List<GraphInput>? Feed(StageEntry entry, YamlMap map, StageKind kind, StagePorts ports, List<PortReferences> references)
    {
        var good = true;
        var fed = new Dictionary<InputPort, List<GraphNode>>();
        foreach (var (name, at, texts, _) in references)
        {
            var port = name is null ? (ports.Inputs.Count > 0 ? ports.Inputs[0] : null) : ports.Inputs.FirstOrDefault(p => p.Name == name);
            var named = texts.Select(t => sources.Resolve(entry, t)).ToList();
            good &= named.All(s => s is not null);
            if (port is null && kind.Options.Any(o => o.Name == name))
            {
                // An option can stand for an input. One set by hand replaces what the file feeds.
                if (overrides.For(entry.Written, entry.Name).Any(o => o.Option == name))
                    continue;
                mistakes.Add(at, entry, $"from.{name}", $"'{name}' is given twice: here and as an option (with.{name}). Leave one out.");
                good = false;
                continue;
            }
            if (port is null)
            {
                var possible = ports.Inputs.Count == 0 ? $"'{kind.Name}' feeds from nothing." : $"'{name}' is not an input of '{kind.Name}' ({string.Join(", ", ports.Inputs.Select(p => p.Name))}).";
                mistakes.Add(at, entry, "from", possible, name is null ? null : Nearest.To(name, ports.Inputs.Select(p => p.Name)));
                good = false;
                continue;
            }
            var nodes = named.Where(s => s is not null).SelectMany(s => s!).ToList();
            if (!port.Many && nodes.Count > 1)
            {
                mistakes.Add(at, entry, $"from.{port.Name}", $"'{port.Name}' takes one stage, not {nodes.Count}.", $"{port.Name}: {nodes[0].Name}");
                good = false;
            }
            foreach (var node in nodes)
                good &= Fits(entry, at, kind, port, node);
            fed[port] = nodes;
        }
        if (references.Count == 0 && map.Find("from") is not null)
            return null;
        foreach (var port in ports.Inputs.Where(p => !p.Optional && !fed.ContainsKey(p)))
        {
            mistakes.Add(map.Find("from") ?? entry.Map, entry, "from", $"'{kind.Name}' needs '{port.Name}', and nothing feeds it.", $"from: {{ {port.Name}: … }}");
            good = false;
        }
        return good ? [.. ports.Inputs.Where(fed.ContainsKey).Select(p => new GraphInput(p, fed[p]))] : null;
    }

    private bool Fits(StageEntry entry, YamlItem at, StageKind kind, InputPort port, GraphNode source)
    {
        if (!port.Takes(source.Ports.Output))
        {
            mistakes.AddLate(() => Unfit(entry, at, port, source));
            return false;
        }
        List<Column> lacking = [.. ((port as DatasetPort)?.Needs ?? []).Where(n => !Carries(source, n))];
        if (lacking.Count > 0)
            mistakes.AddLate(() => Lacks(entry, at, kind, port, source, lacking));
        return lacking.Count == 0;
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
        var (remedy, instead) = Remedy(entry, source, lacking);
        mistakes.Add(at, entry, $"from.{port.Name}", $"'{source.Name}' carries {carries}; '{kind.Name}' needs {string.Join(", ", lacking)}.{remedy}", instead);
    }

    /// <summary>Who took the columns out, which stage of the file adds them, or which kind of stage would.</summary>
    private (string Text, string? Write) Remedy(StageEntry entry, GraphNode source, List<Column> lacking)
    {
        var them = lacking.Count == 1 ? "it" : "them";
        if (Dropper(source, lacking[0]) is { } dropper)
            return ($" '{dropper.Name}' (line {dropper.Line}) drops it.", dropper.Inputs.SelectMany(i => i.Sources).FirstOrDefault(s => Carries(s, lacking[0])) is { } before ? $"from: {before.Name}" : null);
        if (built.FirstOrDefault(n => n.Name != entry.Name && Adds(n.Ports.Output, lacking)) is { } adder)
            return ($" '{adder.Name}' adds {them}.", $"from: {adder.Name}");
        return registry.Kinds.FirstOrDefault(k => Ports(k) is { } ports && Adds(ports.Output, lacking)) is { } kind
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
    private static StagePorts? Ports(StageKind kind)
    {
        try
        {
            return kind.Create(Activator.CreateInstance(kind.OptionsType)!).Ports;
        }
        catch (Exception open) when (open is OptionException or StageException)
        {
            return null;
        }
    }

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
