using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>From the YAML tree to the checked graph. Every mistake is added to the list; nothing throws.</summary>
internal sealed class PipelineReader(string file, StageRegistry registry, List<Mistake> mistakes)
{
    private static readonly string[] TopKeys = ["pipeline", "seed", "params", "plugins", "stages"];
    private readonly Substitution substitution = new(mistakes);

    public PipelineGraph? Read(YamlItem root, IEnumerable<string> settings)
    {
        if (root is not YamlMap top)
        {
            mistakes.Add(new Mistake(root.Line, root.Column, "file", "a pipeline file is a map with pipeline, seed, params and stages.", "pipeline: my-first"));
            return null;
        }
        UnknownKeys(top, "", TopKeys);
        var overrides = Settings.Parse(settings, mistakes);
        var known = PluginList.Extend(registry, top, file, mistakes);
        ReadParams(top, overrides);
        var seed = ReadSeed(top, overrides);
        var name = top.Find("pipeline") is YamlText text ? substitution.Apply(text, substitution.Params) : null;
        if (string.IsNullOrWhiteSpace(name))
            mistakes.Add(new Mistake(1, 1, "pipeline", "the file does not say its name.", "pipeline: my-first"));
        if (top.Find("stages") is not YamlMap stages || stages.Entries.Count == 0)
        {
            mistakes.Add(new Mistake(top.Line, top.Column, "stages", "the file names no stages.", "stages: { … }"));
            return null;
        }
        var entries = new Unroller(substitution, mistakes).Unroll(stages);
        var nodes = new NodeBuilder(file, known, substitution, overrides, mistakes).Build(entries);
        foreach (var unused in overrides.Unused)
            mistakes.Add(new Mistake(1, 1, "--set", $"'{unused}' names no stage with options, no param and not seed.", Suggest(unused, entries)));
        return new PipelineGraph(name ?? "", seed, file, nodes);
    }

    private void ReadParams(YamlMap top, Settings overrides)
    {
        var known = top.Find("params");
        if (known is not null and not YamlMap)
            mistakes.Add(new Mistake(known.Line, known.Column, "params", "is a map of names to values.", "params: { voters: 10 }"));
        foreach (var (key, value) in (known as YamlMap)?.Entries ?? [])
        {
            if (value is not YamlText text)
                mistakes.Add(new Mistake(value.Line, value.Column, $"params.{key.Value}", "a param is one value."));
            else
            {
                var given = overrides.Take(key.Value) ?? overrides.Take("params." + key.Value) ?? text.Value;
                substitution.Params[key.Value] = substitution.Apply(text with { Value = given }, substitution.Params);
            }
        }
    }

    private ulong ReadSeed(YamlMap top, Settings overrides)
    {
        var item = top.Find("seed");
        var given = overrides.Take("seed") ?? (item is YamlText text ? substitution.Apply(text, substitution.Params) : item is null ? "0" : "");
        if (ulong.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var seed))
            return seed;
        mistakes.Add(new Mistake(item?.Line ?? 1, item?.Column ?? 1, "seed", $"'{given}' is not a whole number from 0.", "seed: 16"));
        return 0;
    }

    private void UnknownKeys(YamlMap map, string where, string[] known)
    {
        foreach (var (key, _) in map.Entries.Where(e => !known.Contains(e.Key.Value)))
            mistakes.Add(new Mistake(key.Line, key.Column, where + key.Value, $"'{key.Value}' is not known here ({string.Join(", ", known)}).", Nearest.To(key.Value, known)));
    }

    private static string? Suggest(string unused, IEnumerable<StageEntry> entries)
    {
        var parts = unused.Split('.', 2);
        var near = Nearest.To(parts[0], entries.Select(e => e.Written).Distinct());
        return near is null ? null : $"--set {near}.{(parts.Length > 1 ? parts[1] : "option")}=…";
    }
}
