namespace DataflowRlhf.Graph;

/// <summary>The small keys of a stage's entry: <c>run</c> and <c>cache</c>.</summary>
internal sealed class EntryKeys(EntryMistakes mistakes)
{
    /// <summary>Every key that a stage can have.</summary>
    public static IReadOnlyList<string> All { get; } = ["uses", "from", "with", "run", "cache", "foreach", .. PolicyReader.Keys];

    private static readonly string[] RunKeys = ["device", "memory"];

    /// <summary>What <c>run: { device: gpu, memory: try }</c> says: which device (null: the best there is), and whether it may start where memory surely does not do.</summary>
    public (string? Device, bool TriesMemory) Run(StageEntry entry, YamlMap map)
    {
        var run = map.Find("run");
        if (run is null)
            return (null, false);
        if (run is not YamlMap { Entries.Count: > 0 } given)
        {
            mistakes.Add(run, entry, "run", "says how a stage runs: device, which is gpu or auto; memory, which is check or try.", "run: { device: gpu }");
            return (null, false);
        }
        var keys = given.Mended(RunKeys, (key, _, meant) =>
            mistakes.Add(key, entry, $"run.{key.Value}", $"'{key.Value}' is not known here: device, which is gpu or auto; memory, which is check or try.", meant switch { null => "run: { device: gpu }", "device" => "device: gpu", _ => "memory: try" }));
        return (One(entry, keys, "device", "gpu", "auto") == "gpu" ? "gpu" : null, One(entry, keys, "memory", "try", "check") == "try");
    }

    private string? One(StageEntry entry, YamlMap keys, string key, string first, string second)
    {
        var item = keys.Find(key);
        if (item is null || (item is YamlText { Value: var given } && (given == first || given == second)))
            return (item as YamlText)?.Value;
        mistakes.Add(item, entry, $"run.{key}", $"{item.Said} is not possible: {key}, which is {first} or {second}.", $"{key}: {first}");
        return null;
    }

    public bool? Flag(StageEntry entry, YamlMap map, string key)
    {
        if (map.Find(key) is not { } item)
            return null;
        if (item is YamlText { Value: "true" or "false" } text)
            return text.Value == "true";
        mistakes.Add(item, entry, key, $"{item.Said} is not true or false.", $"{key}: false");
        return null;
    }
}
