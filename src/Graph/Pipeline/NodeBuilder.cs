using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>Builds each stage of the graph, sources first: options, ports, what feeds them, columns.</summary>
internal sealed class NodeBuilder(string file, StageRegistry registry, Substitution substitution, Settings overrides, List<Mistake> mistakes)
{
    private static readonly string[] StageKeys = ["uses", "from", "with", "run", "cache", "foreach"];
    private readonly Dictionary<string, StageEntry> entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GraphNode?> built = new(StringComparer.Ordinal);
    private readonly List<GraphNode> order = [];
    private readonly List<string> path = [];

    public IReadOnlyList<GraphNode> Build(IReadOnlyList<StageEntry> all)
    {
        foreach (var entry in all)
            entries.TryAdd(entry.Name, entry);
        foreach (var entry in all)
            Build(entry);
        return order;
    }

    /// <summary>The node of an entry, built with all that feeds it; null where it has a mistake.</summary>
    private GraphNode? Build(StageEntry entry)
    {
        if (built.TryGetValue(entry.Name, out var done))
            return done;
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            Wrong(entry.Map, entry, "from", "ends a chain of stages that is too long to follow from its end. Write sources before what feeds from them.");
            return null;
        }
        if (path.Contains(entry.Name))
        {
            Wrong(entry.Map, entry, "from", $"feeds from itself: {string.Join(" → ", path.SkipWhile(p => p != entry.Name).Append(entry.Name).Reverse())}.");
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
        foreach (var (key, _) in entry.Map.Entries.Where(e => !StageKeys.Contains(e.Key.Value)))
            Wrong(key, entry, key.Value, $"'{key.Value}' is not known in a stage ({string.Join(", ", StageKeys)}, repeat).", Nearest.To(key.Value, StageKeys));
        var map = (YamlMap)substitution.Apply(entry.Map, entry.Variables);
        var references = References(entry, map);
        if (Kind(entry, map) is not { } kind)
        {
            foreach (var reference in references.SelectMany(r => r.Texts))
                Resolve(entry, reference);
            return null;
        }
        var mistakesBefore = mistakes.Count;
        var options = Activator.CreateInstance(kind.OptionsType)!;
        var secrets = ReadOptions(entry, map, kind, options);
        var device = Device(entry, map);
        if (mistakes.Count > mistakesBefore || Create(entry, map, kind, options) is not { } stage)
        {
            foreach (var reference in references.SelectMany(r => r.Texts))
                Resolve(entry, reference);
            return null;
        }
        var ports = stage.Ports;
        var inputs = Feed(entry, map, kind, ports, references);
        if (inputs is null)
            return null;
        return new GraphNode
        {
            Name = entry.Name,
            Kind = kind,
            Options = options,
            OptionValues = Values(kind, options),
            Secrets = secrets,
            Inputs = inputs,
            Ports = ports,
            Columns = OutputColumns(ports.Output, inputs),
            Cached = Flag(entry, map, "cache") ?? true,
            Device = device,
            Line = entry.Line,
        };
    }

    private StageKind? Kind(StageEntry entry, YamlMap map)
    {
        if (map.Find("uses") is not YamlText uses)
        {
            Wrong(entry.Map, entry, "uses", "does not say which stage it is.", "uses: " + (Nearest.To(entry.Written, registry.Kinds.Select(k => k.Name)) ?? "train-reward"));
            return null;
        }
        if (registry.Find(uses.Value) is { } kind)
            return kind;
        var names = registry.Kinds.Select(k => k.Name).ToList();
        Wrong(uses, entry, "uses", $"there is no stage '{uses.Value}' ({string.Join(", ", names)}).", Nearest.To(uses.Value, names) is { } near ? "uses: " + near : null);
        return null;
    }

    /// <summary>Reads the options, and returns the names of those that came from the environment.</summary>
    private HashSet<string> ReadOptions(StageEntry entry, YamlMap map, StageKind kind, object options)
    {
        var with = map.Find("with");
        if (with is not null and not YamlMap)
            Wrong(with, entry, "with", "is a map of options.", $"with: {{ {kind.Options.FirstOrDefault()?.Name ?? "option"}: … }}");
        List<(YamlText Key, YamlItem Value)> given = [.. ((with as YamlMap)?.Entries ?? []).Select(e => (e.Key, e.Value))];
        foreach (var (option, value) in overrides.For(entry.Written, entry.Name))
        {
            given.RemoveAll(g => g.Key.Value == option);
            var at = new YamlText(option, entry.Line, entry.Column);
            var text = at with { Value = substitution.Apply(at with { Value = value }, entry.Variables) };
            given.Add((at, kind.Options.FirstOrDefault(o => o.Name == option) is { } known ? Settings.Written(known, text) : text));
        }
        var secrets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in given)
        {
            var hide = value is YamlText shown && substitution.IsSecret(shown.Value) ? shown.Value : null;
            if (hide is not null)
                secrets.Add(key.Value);
            var option = kind.Options.FirstOrDefault(o => o.Name == key.Value);
            if (option is null)
            {
                var near = Nearest.To(key.Value, kind.Options.Select(o => o.Name));
                Wrong(key, entry, "with", $"'{key.Value}' is not an option of '{kind.Name}' ({string.Join(", ", kind.Options.Select(o => o.Name))}).", near is null ? null : $"{near}: …");
            }
            else if (OptionReader.Set(options, option, value) is { } wrong)
                Wrong(value, entry, $"with.{option.Name}", (string.IsNullOrEmpty(hide) ? wrong : wrong.Replace(hide, "…", StringComparison.Ordinal)) + ".");
            else if (option.InputPath && option.Property.GetValue(options) is string given1 && !PipelinePaths.Exists(PipelinePaths.Resolve(given1, file)))
                Wrong(value, entry, $"with.{option.Name}", $"there is nothing at '{(hide is null ? given1 : "…")}' (looked in the current folder and beside the pipeline file).");
        }
        foreach (var option in kind.Options.Where(o => o.Required && given.All(g => g.Key.Value != o.Name)))
            Wrong(with ?? entry.Map, entry, "with", $"'{option.Name}' must be given: {option.Summary}", $"with: {{ {option.Name}: … }}");
        return secrets;
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
            Wrong(at, entry, $"with.{wrong.Option}", wrong.Problem, wrong.Write);
        }
        catch (StageException wrong)
        {
            Wrong(entry.Map, entry, "with", wrong.Message);
        }
        return null;
    }

    private sealed record PortReferences(string? Port, YamlItem At, IReadOnlyList<YamlText> Texts, bool IsList);

    private List<PortReferences> References(StageEntry entry, YamlMap map)
    {
        var found = new List<PortReferences>();
        void Add(string? port, YamlItem item)
        {
            var texts = item is YamlList list ? list.Items.OfType<YamlText>().ToList() : item is YamlText one ? [one] : [];
            if (texts.Count == 0 || (item is YamlList l && l.Items.Count != texts.Count))
                Wrong(item, entry, "from", "names stages: one, a list, or a map of ports.", "from: tokens");
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
    private List<GraphInput>? Feed(StageEntry entry, YamlMap map, StageKind kind, StagePorts ports, List<PortReferences> references)
    {
        var good = true;
        var fed = new Dictionary<InputPort, List<GraphNode>>();
        foreach (var (name, at, texts, _) in references)
        {
            var port = name is null ? (ports.Inputs.Count > 0 ? ports.Inputs[0] : null) : ports.Inputs.FirstOrDefault(p => p.Name == name);
            var sources = texts.Select(t => Resolve(entry, t)).ToList();
            good &= sources.All(s => s is not null);
            if (port is null && kind.Options.Any(o => o.Name == name))
            {
                // An option can stand for an input. One set by hand replaces what the file feeds.
                if (overrides.For(entry.Written, entry.Name).Any(o => o.Option == name))
                    continue;
                Wrong(at, entry, $"from.{name}", $"'{name}' is given twice: here and as an option (with.{name}). Leave one out.");
                good = false;
                continue;
            }
            if (port is null)
            {
                var possible = ports.Inputs.Count == 0 ? $"'{kind.Name}' feeds from nothing." : $"'{name}' is not an input of '{kind.Name}' ({string.Join(", ", ports.Inputs.Select(p => p.Name))}).";
                Wrong(at, entry, "from", possible, name is null ? null : Nearest.To(name, ports.Inputs.Select(p => p.Name)));
                good = false;
                continue;
            }
            var nodes = sources.Where(s => s is not null).SelectMany(s => s!).ToList();
            if (!port.Many && nodes.Count > 1)
            {
                Wrong(at, entry, $"from.{port.Name}", $"'{port.Name}' takes one stage, not {nodes.Count}.", $"{port.Name}: {nodes[0].Name}");
                good = false;
            }
            foreach (var node in nodes)
                good &= Fits(entry, at, kind, port, node);
            fed[port] = nodes;
        }
        foreach (var port in ports.Inputs.Where(p => !p.Optional && !fed.ContainsKey(p)))
        {
            Wrong(map.Find("from") ?? entry.Map, entry, "from", $"'{kind.Name}' needs '{port.Name}', and nothing feeds it.", $"from: {{ {port.Name}: … }}");
            good = false;
        }
        return good ? [.. ports.Inputs.Where(fed.ContainsKey).Select(p => new GraphInput(p, fed[p]))] : null;
    }

    private bool Fits(StageEntry entry, YamlItem at, StageKind kind, InputPort port, GraphNode source)
    {
        if (!port.Takes(source.Ports.Output.Kind))
        {
            var wanted = port is ModelPort ? "a model" : "a dataset";
            var makes = order.LastOrDefault(n => port.Takes(n.Ports.Output.Kind) && n.Name != entry.Name);
            Wrong(at, entry, $"from.{port.Name}", $"'{port.Name}' takes {wanted}; '{source.Name}' ({source.Kind.Name}) leaves a {source.Ports.Output.Kind.ToString().ToLowerInvariant()}.", makes is null ? null : $"{port.Name}: {makes.Name}");
            return false;
        }
        var good = true;
        foreach (var need in (port as DatasetPort)?.Needs ?? [])
        {
            var has = source.Columns.FirstOrDefault(c => c.Name == need.Name);
            if (has is not null && has.Type == need.Type)
                continue;
            good = false;
            var carries = has is null
                ? $"'{source.Name}' carries {string.Join(", ", source.Columns.Select(c => c.Name))}"
                : $"'{source.Name}' carries {has}";
            var adder = entries.Values.FirstOrDefault(e => e.Name != entry.Name && Adds(e, need));
            Wrong(at, entry, $"from.{port.Name}", $"{carries}; '{kind.Name}' needs {need}." + (adder is null ? "" : $" '{adder.Name}' adds it."), adder is null ? null : $"from: {adder.Name}");
        }
        return good;
    }

    private bool Adds(StageEntry entry, Column need) =>
        built.GetValueOrDefault(entry.Name)?.Ports.Output is DatasetOutput output && output.Adds.Any(a => a.Name == need.Name && a.Type == need.Type);

    /// <summary>The nodes that a reference means, or null with a mistake: <c>a</c>, <c>a[2]</c>, <c>a[*]</c>, <c>round[last].b</c>, <c>previous.b | a</c>.</summary>
    private IReadOnlyList<GraphNode>? Resolve(StageEntry entry, YamlText reference)
    {
        foreach (var choice in reference.Value.Split('|', StringSplitOptions.TrimEntries))
        {
            var name = choice;
            if (choice.StartsWith("previous.", StringComparison.Ordinal))
            {
                if (entry.Round is null)
                {
                    Wrong(reference, entry, "from", $"'{choice}': only a stage inside a repeat has a previous round.", choice["previous.".Length..]);
                    return null;
                }
                if (entry.Round.Index == 1)
                    continue;
                name = $"{entry.Round.Group}[{entry.Round.Index - 1}].{choice["previous.".Length..]}";
            }
            var matches = Matches(entry, name);
            if (matches.Count > 0)
            {
                var nodes = matches.Select(Build).OfType<GraphNode>().ToList();
                return nodes.Count == matches.Count ? nodes : null;
            }
            if (path.Count > 0 && choice == entry.Name)
                break;
        }
        var known = entries.Values.Select(e => e.Round is null ? e.Name : e.Round.Group == entry.Round?.Group ? e.Written[(e.Round.Group.Length + 1)..] : $"{e.Round.Group}[last].{e.Written[(e.Round.Group.Length + 1)..]}").Distinct().ToList();
        var text = reference.Value.Contains("previous.", StringComparison.Ordinal) && entry.Round?.Index == 1 && !reference.Value.Contains('|')
            ? $"round 1 has no previous round; say what it starts from."
            : $"there is no stage '{reference.Value}' ({string.Join(", ", known)}).";
        var near = reference.Value.StartsWith("previous.", StringComparison.Ordinal) ? reference.Value + " | …" : Nearest.To(reference.Value, known);
        Wrong(reference, entry, "from", text, near is null ? null : "from: " + near);
        return null;
    }

    private List<StageEntry> Matches(StageEntry entry, string name)
    {
        if (entry.Round is { } round && entries.TryGetValue($"{round.Group}[{round.Index}].{name}", out var sibling))
            return [sibling];
        if (entries.TryGetValue(name, out var exact))
            return [exact];
        var last = name.IndexOf("[last].", StringComparison.Ordinal);
        if (last > 0)
        {
            var count = entries.Values.FirstOrDefault(e => e.Round?.Group == name[..last])?.Round?.Count;
            return count is not null && entries.TryGetValue($"{name[..last]}[{count}]{name[(last + 6)..]}", out var final) ? [final] : [];
        }
        var star = name.IndexOf("[*]", StringComparison.Ordinal);
        if (star <= 0)
            return [];
        var (before, after) = (name[..star] + "[", name[(star + 2)..]);
        return [.. entries.Values.Where(e => e.Name.StartsWith(before, StringComparison.Ordinal) && e.Name.EndsWith(after, StringComparison.Ordinal)
            && !e.Name[before.Length..^after.Length].Contains(']'))];
    }

    private static IReadOnlyList<Column> OutputColumns(Output output, IReadOnlyList<GraphInput> inputs)
    {
        if (output is not DatasetOutput rows)
            return [];
        var passed = rows.PassesOn is null ? [] : inputs.First(i => i.Port.Name == rows.PassesOn).Sources[0].Columns;
        return [.. passed.Where(c => !rows.Drops.Contains(c.Name) && rows.Adds.All(a => a.Name != c.Name)), .. rows.Adds];
    }

    private static JsonObject Values(StageKind kind, object options)
    {
        var json = new JsonObject();
        foreach (var option in kind.Options.OrderBy(o => o.Name, StringComparer.Ordinal))
            json[option.Name] = OptionReader.ToJson(option.Property.GetValue(options));
        return json;
    }

    /// <summary>What <c>run: { device: … }</c> says; null: the best there is.</summary>
    private string? Device(StageEntry entry, YamlMap map)
    {
        var run = map.Find("run");
        if (run is null)
            return null;
        if (run is YamlMap { Entries: [{ Key.Value: "device", Value: YamlText { Value: "gpu" or "auto" } device }] })
            return device.Value == "gpu" ? "gpu" : null;
        Wrong(run, entry, "run", "says where a stage runs: device, which is gpu or auto.", "run: { device: gpu }");
        return null;
    }

    private bool? Flag(StageEntry entry, YamlMap map, string key)
    {
        if (map.Find(key) is not { } item)
            return null;
        if (item is YamlText { Value: "true" or "false" } text)
            return text.Value == "true";
        Wrong(item, entry, key, "is true or false.", $"{key}: false");
        return null;
    }

    /// <summary>Adds a mistake once: unrolled stages share their lines.</summary>
    private void Wrong(YamlItem at, StageEntry entry, string where, string text, string? write = null)
    {
        var (line, column) = ReferenceEquals(at, entry.Map) ? (entry.Line, entry.Column) : (at.Line, at.Column);
        if (mistakes.All(m => (m.Line, m.Column) != (line, column) || m.Text != text))
            mistakes.Add(new Mistake(line, column, $"{entry.Name}.{where}", text, write));
    }
}
