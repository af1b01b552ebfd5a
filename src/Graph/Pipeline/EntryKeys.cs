namespace DataflowRlhf.Graph;

/// <summary>The small keys of a stage's entry: <c>run</c> and <c>cache</c>.</summary>
internal sealed class EntryKeys(EntryMistakes mistakes)
{
    /// <summary>Every key that a stage can have.</summary>
    public static IReadOnlyList<string> All { get; } = ["uses", "from", "with", "run", "cache", "foreach", .. PolicyReader.Keys];

    /// <summary>What <c>run: { device: … }</c> says; null: the best there is.</summary>
    public string? Device(StageEntry entry, YamlMap map)
    {
        var run = map.Find("run");
        if (run is null)
            return null;
        if (run is YamlMap { Entries: [{ Key.Value: "device", Value: YamlText { Value: "gpu" or "auto" } device }] })
            return device.Value == "gpu" ? "gpu" : null;
        mistakes.Add(run, entry, "run", "says where a stage runs: device, which is gpu or auto.", "run: { device: gpu }");
        return null;
    }

    public bool? Flag(StageEntry entry, YamlMap map, string key)
    {
        if (map.Find(key) is not { } item)
            return null;
        if (item is YamlText { Value: "true" or "false" } text)
            return text.Value == "true";
        mistakes.Add(item, entry, key, "is true or false.", $"{key}: false");
        return null;
    }
}
