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
    private readonly Sources sources;
    private readonly Feeds feeds;
    private readonly Dictionary<string, GraphNode?> built = new(StringComparer.Ordinal);
    private readonly List<GraphNode> order = [];
    private readonly List<string> path = [];

    public NodeBuilder(string file, StageRegistry registry, Substitution substitution, Settings overrides, List<Mistake> mistakes)
    {
        (this.registry, this.substitution, this.mistakes) = (registry, substitution, new EntryMistakes(mistakes));
        options = new OptionsReader(file, substitution, overrides, this.mistakes);
        keys = new EntryKeys(this.mistakes);
        sources = new Sources(this.mistakes, Build);
        feeds = new Feeds(registry, sources, overrides, order, this.mistakes);
    }

    public IReadOnlyList<GraphNode> Build(IReadOnlyList<StageEntry> all, IReadOnlySet<string> broken)
    {
        sources.Broken = broken;
        foreach (var entry in all)
            sources.Add(entry);
        foreach (var entry in all)
            Build(entry);
        mistakes.TellLate();
        return order;
    }

    /// <summary>The node of an entry, built with all that feeds it; null where it has a mistake.</summary>
    private GraphNode? Build(StageEntry entry)
    {
        if (built.TryGetValue(entry.Name, out var done) || substitution.Exhausted)
            return done;
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            mistakes.Add(entry.Map, entry, "from", "ends a chain of stages that is too long to follow from its end. Write sources before what feeds from them.");
            return null;
        }
        if (path.Contains(entry.Name))
        {
            mistakes.Add(entry.Map.Find("from") ?? entry.Map, entry, "from", $"feeds from itself: {string.Join(" → ", path.SkipWhile(p => p != entry.Name).Append(entry.Name).Reverse())}.");
            return null;
        }
        path.Add(entry.Name);
        var node = BuildNew(entry);
        path.RemoveAt(path.Count - 1);
        built[entry.Name] = node;
        if (node is not null)
            order.Add(node);
        return node;
    }

    private GraphNode? BuildNew(StageEntry entry)
    {
        foreach (var (key, value) in entry.Map.Entries.Where(e => !EntryKeys.All.Contains(e.Key.Value)))
            mistakes.Add(key, entry, key.Value, $"'{key.Value}' is not known in a stage ({string.Join(", ", EntryKeys.All)}, repeat).", Nearest.To(key.Value, EntryKeys.All) is { } near ? $"{near}: {(value as YamlText)?.Value ?? "…"}" : null);
        var map = (YamlMap)substitution.Apply(entry.Map, entry.Variables);
        var references = feeds.References(entry, map);
        var before = mistakes.Count;
        var (device, triesMemory) = keys.Run(entry, map);
        var cached = keys.Flag(entry, map, "cache") ?? true;
        var kind = Kind(entry, map);
        var given = kind is null ? null : Activator.CreateInstance(kind.OptionsType)!;
        var secrets = given is null ? [] : options.Read(entry, map, kind!, given);
        var ports = given is null || mistakes.Count > before ? null : Create(entry, map, kind!, given)?.Ports;
        var policy = new PolicyReader(entry, map, mistakes).Read(ports);
        if (ports is null)
        {
            foreach (var reference in references.SelectMany(r => r.Texts))
                sources.Resolve(entry, reference);
            return null;
        }
        var inputs = feeds.Feed(entry, map, kind!, ports, references);
        if (inputs is null)
            return null;
        return new GraphNode
        {
            Name = entry.Name,
            Kind = kind!,
            Options = given!,
            OptionValues = Values(kind!, given!),
            Secrets = secrets,
            Inputs = inputs,
            Ports = ports,
            Columns = OutputColumns(ports.Output, inputs),
            Cached = cached,
            Device = device,
            TriesMemory = triesMemory,
            Policy = policy,
            Line = entry.Line,
        };
    }

    private StageKind? Kind(StageEntry entry, YamlMap map)
    {
        if (map.Find("uses") is not YamlText uses)
        {
            mistakes.Add(entry.Map, entry, "uses", "does not say which stage it is.", "uses: " + (Nearest.To(entry.Written, registry.Kinds.Select(k => k.Name)) ?? "train-reward"));
            return null;
        }
        if (registry.Find(uses.Value) is { } kind)
            return kind;
        var names = registry.Kinds.Select(k => k.Name).ToList();
        mistakes.Add(uses, entry, "uses", $"there is no stage '{uses.Value}' ({string.Join(", ", names)}).", Nearest.To(uses.Value, names) is { } near ? "uses: " + near : null);
        return null;
    }

    private Stage? Create(StageEntry entry, YamlMap map, StageKind kind, object options)
    {
        try
        {
            var stage = kind.Create(options);
            _ = stage.Ports;
            return stage;
        }
        catch (OptionException wrong)
        {
            var at = (map.Find("with") as YamlMap)?.Entries.FirstOrDefault(e => e.Key.Value == wrong.Option).Key ?? (YamlItem)entry.Map;
            mistakes.Add(at, entry, $"with.{wrong.Option}", wrong.Problem, wrong.Write);
        }
        catch (StageException wrong)
        {
            mistakes.Add(entry.Map, entry, "with", wrong.Message);
        }
        catch (Exception broken)
        {
            mistakes.Add(entry.Map, entry, "uses", $"'{kind.Name}' cannot be made: {broken.GetType().Name}: {broken.Message}");
        }
        return null;
    }

    /// <summary>What passes through is what every source of the port carries.</summary>
    private static IReadOnlyList<Column> OutputColumns(Output output, IReadOnlyList<GraphInput> inputs)
    {
        if (output is not DatasetOutput rows)
            return [];
        var from = inputs.FirstOrDefault(i => i.Port.Name == rows.PassesOn)?.Sources ?? [];
        var passed = from.Count == 0 ? [] : from[0].Columns.Where(c => from.All(s => s.Columns.Contains(c)));
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
