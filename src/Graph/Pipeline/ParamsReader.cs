namespace DataflowRlhf.Graph;

/// <summary>Gives every param its value: <c>--set</c> wins over <c>--params</c>, which wins over <c>params:</c>.</summary>
internal sealed class ParamsReader(Substitution substitution, Settings overrides, List<Mistake> mistakes)
{
    public void Read(YamlItem? known, IReadOnlyList<ParamsFile> files, YamlMap? stages)
    {
        if (known is not null and not YamlMap)
        {
            mistakes.Add(new Mistake(known.Line, known.Column, "params", "is a map of names to values.", "params: { voters: 10 }"));
            substitution.Params[Substitution.Any] = substitution.Open(Substitution.Any);
            return;
        }
        List<KeyValuePair<YamlText, YamlItem>> entries = [.. (known as YamlMap)?.Entries ?? []];
        substitution.Below.UnionWith(entries.Select(e => e.Key.Value));
        foreach (var (key, value) in entries)
        {
            if (Problem(key.Value) is { } problem)
                mistakes.Add(new Mistake(key.Line, key.Column, "params", problem, "params: { voters: 10 }"));
            if (value is not YamlText)
                mistakes.Add(new Mistake(value.Line, value.Column, $"params.{key.Value}", $"a param is one value, not {value.Said}."));
            substitution.Params[key.Value] = Value(key.Value, value, files);
            substitution.Below.Remove(key.Value);
        }
        substitution.File = null;
        foreach (var file in files)
            foreach (var (key, value) in file.Values.Where(v => entries.All(e => e.Key.Value != v.Key.Value)))
                mistakes.Add(Unknown(key, value, [.. entries.Select(e => e.Key.Value)], stages) with { File = file.Path });
    }

    private string Value(string name, YamlItem own, IReadOnlyList<ParamsFile> files)
    {
        var (file, text) = files.SelectMany(f => f.Values.Select(v => (f.Path, Entry: v))).Where(v => v.Entry.Key.Value == name)
            .Select(v => ((string?)v.Path, v.Entry.Value)).LastOrDefault((null, (own as YamlText)!));
        if ((overrides.Take(name) ?? overrides.Take("params." + name)) is { } set)
            (file, text) = (null, new YamlText(set, own.Line, own.Column));
        substitution.File = file;
        return text is null ? substitution.Open(name) : substitution.Apply(text, substitution.Params);
    }

    private static Mistake Unknown(YamlText key, YamlText value, IReadOnlyList<string> known, YamlMap? stages)
    {
        var option = stages?.Entries.Any(s => key.Value.StartsWith(s.Key.Value + ".", StringComparison.Ordinal)) == true;
        var text = option ? $"'{key.Value}' is an option of a stage; a params file gives values for params." : $"the pipeline has no param '{key.Value}' ({(known.Count == 0 ? "it has none" : string.Join(", ", known))}).";
        return new Mistake(key.Line, key.Column, "--params", text, option ? $"--set {key.Value}={value.Value}" : Nearest.To(key.Value, known) is { } near ? $"{near}: {value.Value}" : null);
    }

    internal static bool CanName(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static string? Problem(string name) =>
        name == "seed" ? "'seed' cannot name a param; seed stands beside params, and --set seed=16 sets it."
        : !CanName(name) ? $"'{name}' cannot name a param; letters, digits, - and _ can."
        : null;
}
