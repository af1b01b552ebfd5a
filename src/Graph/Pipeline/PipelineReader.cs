using System.Globalization;
using System.Text.RegularExpressions;

namespace DataflowRlhf.Graph;

/// <summary>From the YAML tree to the checked graph. Every mistake is added to the list; nothing throws.</summary>
internal sealed partial class PipelineReader(string file, StageRegistry registry, List<Mistake> mistakes, List<Mistake> warnings)
{
    private static readonly string[] TopKeys = ["pipeline", "seed", "params", "plugins", "stages"];
    private readonly Substitution substitution = new(mistakes);

    /// <summary>The graph as far as it could be read; null where the file has no stages.</summary>
    public PipelineGraph? Read(YamlItem root, Settings overrides, IReadOnlyList<ParamsFile> paramFiles)
    {
        var graph = ReadAll(root, overrides, paramFiles);
        mistakes.RemoveAll(substitution.Follows);
        for (var i = 0; i < mistakes.Count; i++)
            mistakes[i] = mistakes[i] with { Where = substitution.Hide(mistakes[i].Where), Text = substitution.Hide(mistakes[i].Text), Write = mistakes[i].Write is { } write ? substitution.Hide(write) : null };
        return graph;
    }

    private PipelineGraph? ReadAll(YamlItem root, Settings overrides, IReadOnlyList<ParamsFile> paramFiles)
    {
        if (root is not YamlMap given)
        {
            mistakes.Add(new Mistake(root.Line, root.Column, "file", "a pipeline file is a map with pipeline, seed, params and stages.", "pipeline: my-first"));
            return null;
        }
        var top = given.Mended(TopKeys, (key, _, meant) =>
            mistakes.Add(new Mistake(key.Line, key.Column, key.Value, $"'{key.Value}' is not known here ({string.Join(", ", TopKeys)}).", meant)));
        var before = mistakes.Count;
        var known = PluginList.Extend(registry, top, file, mistakes);
        var lacks = mistakes.Count > before;
        new ParamsReader(substitution, overrides, mistakes).Read(top.Find("params"), paramFiles, top.Find("stages") as YamlMap);
        var seed = ReadSeed(top, overrides);
        var name = Name(top);
        if (top.Find("stages") is not YamlMap stages || stages.Entries.Count == 0)
        {
            var other = top.Find("stages");
            mistakes.Add(new Mistake(other?.Line ?? top.Line, other?.Column ?? top.Column, "stages", other is null or YamlMap ? "the file names no stages." : "is a map of names to stages.", "stages: { … }"));
            return null;
        }
        var unroller = new Unroller(substitution, mistakes);
        var entries = unroller.Unroll(stages);
        var nodes = new NodeBuilder(file, known, substitution, overrides, mistakes) { LacksStages = lacks }.Build(entries, unroller.MayHave);
        foreach (var unused in overrides.Unused.Where(u => !MayBe(u, unroller)))
            mistakes.Add(new Mistake(0, 0, "--set", $"'{unused}' names no stage with options, no param and not seed.", Suggest(unused, entries, known)));
        warnings.AddRange(Oddities.Of(top, entries, substitution));
        return new PipelineGraph(name ?? "", seed, file, nodes) { Hide = substitution.Hide };
    }

    /// <summary>Whether what was set by hand may be there once what is told has been mended.</summary>
    private bool MayBe(string set, Unroller unroller) =>
        substitution.Exhausted
        || (set.LastIndexOf('.') is > 0 and var dot && unroller.MayHave(set[..dot], null))
        || (substitution.Params.ContainsKey(Substitution.Any) && (!set.Contains('.') || set.StartsWith("params.", StringComparison.Ordinal)));

    private string? Name(YamlMap top)
    {
        var item = top.Find("pipeline");
        var text = item as YamlText;
        var name = text is null ? null : substitution.Apply(text, substitution.Params);
        if (string.IsNullOrWhiteSpace(name))
            mistakes.Add(new Mistake(item?.Line ?? 1, item?.Column ?? 1, "pipeline", "the file does not say its name.", "pipeline: my-first"));
        else if (substitution.IsSecret(name))
            mistakes.Add(new Mistake(text!.Line, text.Column, "pipeline", "the name comes from the environment, whose values are never shown; a name is.", "pipeline: my-first"));
        return name;
    }

    private ulong ReadSeed(YamlMap top, Settings overrides)
    {
        var item = top.Find("seed");
        var set = overrides.Take("seed");
        var given = set ?? (item is YamlText text ? substitution.Apply(text, substitution.Params) : item is null ? "0" : "");
        if (substitution.IsSecret(given))
            mistakes.Add(new Mistake(item?.Line ?? 0, item?.Column ?? 0, "seed", "comes from the environment, whose values are never shown nor stored in clear; a seed is.", "--set seed=$SEED"));
        else if (ulong.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var seed))
            return seed;
        else if (set is not null)
            mistakes.Add(new Mistake(0, 0, "--set", $"seed: '{given}' is not a whole number from 0.", "--set seed=16"));
        else
            mistakes.Add(new Mistake(item?.Line ?? 1, item?.Column ?? 1, "seed", $"'{given}' is not a whole number from 0.", "seed: 16"));
        return 0;
    }

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Items();

    /// <summary>The setting that was probably meant: <c>stages.clean.with.alpha</c> is <c>clean.alpha</c>, and so is <c>alpha</c> alone, of the first stage that has such an option.</summary>
    private string? Suggest(string unused, IReadOnlyList<StageEntry> entries, StageRegistry kinds)
    {
        var stages = entries.Select(e => e.Written).Distinct().ToList();
        var dot = unused.LastIndexOf('.');
        var option = unused[(dot + 1)..];
        if (dot > 0)
        {
            // Brackets that name no item mean the stage; 'stages.' and '.with' are the file's own words, which a setting leaves out.
            var name = string.Join('.', Items().Replace(unused[..dot], "").Split('.').Where((part, at) => !(at == 0 && part == "stages") && !(at > 0 && part == "with")));
            var meant = stages.Contains(name) ? name : Nearest.To(name, stages) ?? Nearest.To(name.Split('.')[0], stages);
            return meant is null || $"{meant}.{option}" == unused ? null : $"--set {meant}.{option}=…";
        }
        return entries.FirstOrDefault(e => e.Map.Find("uses") is YamlText uses && kinds.Find(uses.Value)?.Options.Any(o => o.Name == option) == true) is { } having ? $"--set {having.Written}.{option}=…"
            : Nearest.To(option, [.. substitution.Params.Keys, "seed"]) is { } param ? $"--set {param}=…"
            : Nearest.To(option, stages) is { } stage ? $"--set {stage}.option=…" : null;
    }
}
