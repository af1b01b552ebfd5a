using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>Builds each stage of the graph, sources first: options, ports, what feeds them, columns.</summary>
internal sealed class NodeBuilder
{
    private readonly StageRegistry registry;
    private readonly Substitution substitution;
    private readonly EntryMistakes mistakes;
    private readonly OptionsReader options;
    private readonly EntryKeys keys;
    private readonly PortsReader ports;
    private readonly Sources sources;
    private readonly Feeds feeds;
    private readonly Dictionary<StageEntry, GraphNode?> built = new(ReferenceEqualityComparer.Instance);
    private readonly List<GraphNode> order = [];
    private readonly List<StageEntry> path = [];

    public NodeBuilder(string file, StageRegistry registry, Substitution substitution, Settings overrides, List<Mistake> mistakes)
    {
        (this.registry, this.substitution, this.mistakes) = (registry, substitution, new EntryMistakes(mistakes));
        options = new OptionsReader(file, substitution, overrides, this.mistakes);
        keys = new EntryKeys(this.mistakes);
        ports = new PortsReader(this.mistakes);
        sources = new Sources(this.mistakes, Build);
        feeds = new Feeds(registry, sources, overrides, order, this.mistakes);
    }

    /// <summary>Some stages could not be loaded: an unknown one may be one of them.</summary>
    public bool LacksStages { get; init; }

    /// <summary>All nodes that could be built, sources first; entries with mistakes have nodes of what is sure of them.</summary>
    /// <param name="all">The stages as written.</param>
    /// <param name="mayHave">Whether a name, written in a repeat or in none, may be one of those that could not be written out.</param>
    public IReadOnlyList<GraphNode> Build(IReadOnlyList<StageEntry> all, Func<string, string?, bool> mayHave)
    {
        sources.MayHave = mayHave;
        foreach (var entry in all)
            sources.Add(entry);
        foreach (var entry in all)
            Build(entry);
        mistakes.TellLate();
        return order;
    }

    /// <summary>The node of an entry, built with all that feeds it; null where a mistake leaves open what it is.</summary>
    private GraphNode? Build(StageEntry entry)
    {
        if (built.TryGetValue(entry, out var done) || substitution.Exhausted)
            return done;
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            mistakes.Add(entry.Map, entry, "from", "ends a chain of stages that is too long to follow from its end. Write sources before what feeds from them.");
            return null;
        }
        if (path.FindIndex(p => ReferenceEquals(p, entry)) is >= 0 and var start)
        {
            mistakes.Add(entry.Map.Find("from") ?? entry.Map, entry, "from", $"feeds from itself: {string.Join(" → ", path.Skip(start).Append(entry).Reverse().Select(e => e.Name))}.");
            return null;
        }
        path.Add(entry);
        var node = BuildNew(entry);
        path.RemoveAt(path.Count - 1);
        built[entry] = node;
        if (node is not null)
            order.Add(node);
        return node;
    }

    private GraphNode? BuildNew(StageEntry entry)
    {
        var map = (YamlMap)substitution.Apply(entry.Map, entry.Variables);
        var references = feeds.References(entry, map);
        var (device, triesMemory) = keys.Run(entry, map);
        var cached = keys.Flag(entry, map, "cache") ?? true;
        var kind = Kind(entry, map);
        var read = kind is null ? null : options.Read(entry, map, kind);
        var sure = read is null ? null : ports.Read(entry, kind!, read);
        var policy = new PolicyReader(entry, map, mistakes).Read(sure?.Ports);
        if (sure is null)
        {
            foreach (var reference in references.SelectMany(r => r.Texts))
                sources.Resolve(entry, reference);
            return null;
        }
        var fed = feeds.Feed(entry, map, kind!, sure.Ports, references);
        if (!sure.KnowsOutput)
            return null;
        return new GraphNode
        {
            Name = entry.Name,
            Kind = kind!,
            Options = read!.Values,
            OptionValues = Values(kind!, read.Values),
            Secrets = read.Secrets,
            Inputs = fed.Inputs,
            Ports = sure.Ports,
            Columns = OutputColumns(sure.Ports.Output, fed.Inputs),
            Cached = cached,
            Device = device,
            TriesMemory = triesMemory,
            Policy = policy,
            Line = entry.Line,
            Column = entry.Column,
            OptionsOpen = read.Open.Count > 0,
            ColumnsOpen = (sure.Ports.Output as DatasetOutput)?.PassesOn is { } passed && (fed.Open.Contains(passed) || fed.Inputs.Any(i => i.Port.Name == passed && i.Sources.Any(s => s.ColumnsOpen))),
        };
    }

    /// <summary>The stage that an entry uses, or the one that was probably meant; null where there is no telling.</summary>
    private StageKind? Kind(StageEntry entry, YamlMap map)
    {
        var names = registry.Kinds.Select(k => k.Name).ToList();
        StageKind? kind = null;
        if (map.Find("uses") is not YamlText uses)
            mistakes.Add(map.Find("uses") ?? entry.Map, entry, "uses", "does not say which stage it is.", "uses: " + (Nearest.To(entry.Written, names) ?? "train-reward"));
        else if ((kind = registry.Find(uses.Value)) is null && !LacksStages)
        {
            var near = Nearest.To(uses.Value, names);
            mistakes.Add(uses, entry, "uses", $"there is no stage '{uses.Value}' ({string.Join(", ", names)}).", near is null ? null : "uses: " + near);
            kind = near is null ? null : registry.Find(near);
        }
        if (kind is null)
            options.Pass(entry);
        return kind;
    }

    /// <summary>What passes through is what every source of the port carries, and what the port needs: where that is lacking it is told once.</summary>
    private static IReadOnlyList<Column> OutputColumns(Output output, IReadOnlyList<GraphInput> inputs)
    {
        if (output is not DatasetOutput rows)
            return [];
        var input = inputs.FirstOrDefault(i => i.Port.Name == rows.PassesOn);
        var from = input?.Sources ?? [];
        var needs = from.Count == 0 ? [] : (input!.Port as DatasetPort)?.Needs ?? [];
        var passed = from.Count == 0 ? [] : from[0].Columns.Where(c => from.All(s => s.Columns.Contains(c)) && needs.All(n => n.Name != c.Name || n == c)).Union(needs);
        return [.. passed.Where(c => !rows.Drops.Contains(c.Name) && rows.Adds.All(a => a.Name != c.Name)), .. rows.Adds];
    }

    private static JsonObject Values(StageKind kind, object options)
    {
        var json = new JsonObject();
        foreach (var option in kind.Options.OrderBy(o => o.Name, StringComparer.Ordinal))
            json[option.Name] = OptionReader.ToJson(option.Get(options));
        return json;
    }
}
