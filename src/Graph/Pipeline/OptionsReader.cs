namespace DataflowRlhf.Graph;

/// <summary>Reads <c>with</c> of a stage's entry, and what was set by hand, into the stage's options.</summary>
internal sealed class OptionsReader(string file, Substitution substitution, Settings overrides, EntryMistakes mistakes)
{
    private const int MostFiles = 10_000;

    /// <summary>Reads the options; one with a mistake keeps its default and is open.</summary>
    public ReadOptions Read(StageEntry entry, YamlMap map, StageKind kind)
    {
        var read = new ReadOptions(Activator.CreateInstance(kind.OptionsType)!);
        var with = map.Find("with");
        if (with is not null and not YamlMap)
        {
            mistakes.Add(with, entry, "with", "is a map of options.", $"with: {{ {kind.Options.FirstOrDefault()?.Name ?? "option"}: … }}");
            read.Open.UnionWith(kind.Options.Select(o => o.Name));
        }
        var required = kind.Options.Where(o => o.Required).ToList();
        read.Given = Given(entry, kind, with as YamlMap).Mended([.. kind.Options.Select(o => o.Name)], (key, value, meant) =>
            mistakes.Add(key, entry, "with", $"{By(key)}'{key.Value}' is not an option of '{kind.Name}' ({string.Join(", ", kind.Options.Select(o => o.Name))}).", meant is null ? null : Instead(entry, key, meant, (value as YamlText)?.Value ?? "…")), required.Select(o => o.Name));
        foreach (var (key, value) in read.Given.Entries)
        {
            if (substitution.HoldsSecret(value))
                read.Secrets.Add(key.Value);
            var option = kind.Options.First(o => o.Name == key.Value);
            if (OptionReader.Set(read.Values, option, value) is { } wrong)
            {
                mistakes.Add(value, entry, $"with.{option.Name}", By(key) + wrong + ".", Possible(entry, option, key, value));
                read.Open.Add(option.Name);
            }
            else if (option.InputPath && option.Get(read.Values) is string place && PathProblem(place) is { } problem)
                mistakes.Add(value, entry, $"with.{option.Name}", $"{By(key)}{problem}");
        }
        foreach (var option in required.Where(o => !read.Open.Contains(o.Name) && read.Given.Find(o.Name) is null))
        {
            mistakes.Add(with ?? entry.Map, entry, "with", $"'{option.Name}' must be given: {option.Summary}", $"with: {{ {option.Name}: … }}");
            read.Open.Add(option.Name);
        }
        return read;
    }

    /// <summary>What was set by hand for an entry whose options are not known: it is no further mistake.</summary>
    public void Pass(StageEntry entry) => _ = overrides.For(entry.Written, entry.Name).Count();

    /// <summary>The options as written, with those set by hand in their place; these stand on line 0.</summary>
    private YamlMap Given(StageEntry entry, StageKind kind, YamlMap? with)
    {
        var given = with ?? new YamlMap([], 0, 0);
        foreach (var (option, value) in overrides.For(entry.Written, entry.Name))
        {
            var at = new YamlText(option, 0, 0);
            var text = at with { Value = substitution.Apply(at with { Value = value }, entry.Variables) };
            var item = kind.Options.FirstOrDefault(o => o.Name == option) is { } known ? Settings.Written(known, text) : text;
            given = given with { Entries = [.. given.Entries.Where(e => e.Key.Value != option), new(at, item)] };
        }
        return given;
    }

    /// <summary>What to write where the value is none: the choice nearest to it, or the end of the range on the number's side.</summary>
    private string? Possible(StageEntry entry, StageOption option, YamlText key, YamlItem value) =>
        value is YamlText { Value: var text } && (Nearest.To(text, option.Choices) ?? OptionReader.EndOf(option.Range, text)) is { } near ? Instead(entry, key, option.Name, near) : null;

    /// <summary>An option as it should be written: in the file, or by hand where it was set by hand.</summary>
    private string Instead(StageEntry entry, YamlText key, string option, string value) =>
        key.Line != 0 ? $"{option}: {value}" : $"--set {(overrides.For(entry.Name).Any(o => o.Option == key.Value) ? entry.Name : entry.Written)}.{option}={value}";

    private static string By(YamlText key) => key.Line == 0 ? "--set: " : "";

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
