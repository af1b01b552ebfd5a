namespace DataflowRlhf.Graph;

/// <summary>What can be said of a stage without running it.</summary>
internal static class Declared
{
    public static string? Words(StageKind kind)
    {
        if (!kind.Summary.EndsWith('.') || kind.Summary.Length < 10)
            return $"its summary, \"{kind.Summary}\", is no sentence. Write: [Stage(\"{kind.Name}\", \"What it does, in one sentence.\")]";
        foreach (var option in kind.Options)
        {
            if (option.Summary.Length == 0)
                return $"option {option.Name} has no summary. Write above {option.Property.Name}: [Option(\"What it is for. Default: …\")]";
            if (!option.Required && !option.Summary.Contains("Default: ", StringComparison.Ordinal))
                return $"option {option.Name} does not say its default. Its summary's last words: Default: {OptionReader.ToJson(option.Get(Activator.CreateInstance(kind.OptionsType)!))?.ToJsonString() ?? "none"}.";
            if (!OptionReader.CanRead(option.Property.PropertyType))
                return $"option {option.Name} is a {option.Property.PropertyType.Name}, which YAML cannot say. Use bool, int, long, ulong, float, double, string, an enum, or a list of these.";
        }
        return kind.Example is null ? "it has no example. Write above its class: [Example(\"\"\" a small pipeline that uses it \"\"\")]" : null;
    }

    public static string? Ports(StageKind kind)
    {
        Stage first, second;
        try
        {
            (first, second) = (kind.Create(Activator.CreateInstance(kind.OptionsType)!), kind.Create(Activator.CreateInstance(kind.OptionsType)!));
        }
        catch (OptionException)
        {
            return null; // Its example has the options that it needs.
        }
        var texts = new[] { Text(first.Ports), Text(first.Ports), Text(second.Ports) };
        return texts.Distinct().Count() == 1 ? null : $"they were {texts[0]}, then {texts.First(t => t != texts[0])}";
    }

    private static string Text(StagePorts ports) =>
        string.Join("; ", ports.Inputs.Select(p => $"{p.GetType().Name} {p.Name} {p.Optional} {p.Many} {(p is DatasetPort d ? $"{d.Streams} {string.Join(", ", d.Needs)}" : "")}"))
        + " → " + (ports.Output is DatasetOutput o ? $"{o.PassesOn} + {string.Join(", ", o.Adds)} − {string.Join(", ", o.Drops)}" : ports.Output.Kind.ToString());
}
