namespace DataflowRlhf.Graph;

/// <summary>A file of <c>--params</c>: one map of names to values, as YAML or as JSON.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Values">Each name with its value and its place.</param>
internal sealed record ParamsFile(string Path, IReadOnlyList<KeyValuePair<YamlText, YamlText>> Values)
{
    public static ParamsFile Read(string path, List<Mistake> mistakes, IDictionary<string, string> texts)
    {
        var found = new List<Mistake>();
        var values = new List<KeyValuePair<YamlText, YamlText>>();
        var root = YamlTree.Read(path, "params file", found, texts);
        if (root is not null and not YamlMap)
            found.Add(new Mistake(root.Line, root.Column, "--params", "a params file is one map of names to values.", "voters: 10"));
        foreach (var (key, value) in (root as YamlMap)?.Entries ?? [])
        {
            if (value is YamlText text)
                values.Add(new(key, text));
            else
                found.Add(new Mistake(value.Line, value.Column, $"--params.{key.Value}", $"a param is one value, not {value.Said}.", $"{key.Value}: …"));
        }
        mistakes.AddRange(found.Select(m => m with { File = path }));
        return new ParamsFile(path, values);
    }
}
