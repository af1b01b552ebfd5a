namespace DataflowRlhf.Graph;

/// <summary>Reads <c>with</c> of a stage's entry, and what was set by hand, into the stage's options.</summary>
internal sealed class OptionsReader(string file, Substitution substitution, Settings overrides, EntryMistakes mistakes)
{
    private const int MostFiles = 10_000;

    /// <summary>Reads the options, and returns the names of those that came from the environment.</summary>
    public HashSet<string> Read(StageEntry entry, YamlMap map, StageKind kind, object options)
    {
        var with = map.Find("with");
        if (with is not null and not YamlMap)
            mistakes.Add(with, entry, "with", "is a map of options.", $"with: {{ {kind.Options.FirstOrDefault()?.Name ?? "option"}: … }}");
        List<(YamlText Key, YamlItem Value)> given = [.. ((with as YamlMap)?.Entries ?? []).Select(e => (e.Key, e.Value))];
        foreach (var (option, value) in overrides.For(entry.Written, entry.Name))
        {
            given.RemoveAll(g => g.Key.Value == option);
            var at = new YamlText(option, 0, 0);
            var text = at with { Value = substitution.Apply(at with { Value = value }, entry.Variables) };
            given.Add((at, kind.Options.FirstOrDefault(o => o.Name == option) is { } known ? Settings.Written(known, text) : text));
        }
        var secrets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in given)
        {
            if (substitution.HoldsSecret(value))
                secrets.Add(key.Value);
            var by = value.Line == 0 ? "--set: " : "";
            var option = kind.Options.FirstOrDefault(o => o.Name == key.Value);
            if (option is null)
            {
                var near = Nearest.To(key.Value, kind.Options.Select(o => o.Name));
                mistakes.Add(key, entry, "with", $"{by}'{key.Value}' is not an option of '{kind.Name}' ({string.Join(", ", kind.Options.Select(o => o.Name))}).", near is null ? null : $"{near}: {(value as YamlText)?.Value ?? "…"}");
            }
            else if (OptionReader.Set(options, option, value) is { } wrong)
                mistakes.Add(value, entry, $"with.{option.Name}", by + wrong + ".");
            else if (option.InputPath && option.Get(options) is string place && PathProblem(place) is { } problem)
                mistakes.Add(value, entry, $"with.{option.Name}", $"{by}{problem}");
        }
        foreach (var option in kind.Options.Where(o => o.Required && given.All(g => g.Key.Value != o.Name)))
            mistakes.Add(with ?? entry.Map, entry, "with", $"'{option.Name}' must be given: {option.Summary}", $"with: {{ {option.Name}: … }}");
        return secrets;
    }

    /// <summary>Why a path cannot be read, or null: nothing is there, or a pipe or a device that a run would wait for.</summary>
    private string? PathProblem(string place)
    {
        var path = PipelinePaths.Resolve(place, file);
        if (!PipelinePaths.Exists(path))
            return $"there is nothing at '{place}' (looked in the current folder and beside the pipeline file).";
        try
        {
            return PipelinePaths.Files(path).Take(MostFiles).Select(f => (File: f, Problem: PlainFile.Problem(f))).FirstOrDefault(f => f.Problem is not null) is { Problem: { } problem } odd
                ? $"'{odd.File}' {problem}."
                : null;
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return $"'{place}' cannot be looked through: {closed.Message}";
        }
    }
}
