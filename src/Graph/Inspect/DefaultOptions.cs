namespace DataflowRlhf.Graph;

/// <summary>What a stage's options are where nobody sets them.</summary>
public static class DefaultOptions
{
    /// <summary>By the option's name, as cache keys write the values; required options have none.</summary>
    public static IReadOnlyDictionary<string, string> Of(StageKind kind)
    {
        var options = Activator.CreateInstance(kind.OptionsType)!;
        return kind.Options.Where(o => !o.Required).ToDictionary(o => o.Name, o => OptionReader.ToJson(o.Get(options))?.ToJsonString() ?? "null");
    }
}
