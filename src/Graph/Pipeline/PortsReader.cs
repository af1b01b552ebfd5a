namespace DataflowRlhf.Graph;

/// <summary>Asks a stage for its ports.</summary>
internal sealed class PortsReader(EntryMistakes mistakes)
{
    /// <summary>The ports; where an option has a mistake, those that the stage has whatever is meant; null where that cannot be said.</summary>
    public SurePorts? Read(StageEntry entry, StageKind kind, ReadOptions options)
    {
        if (options.Open.Count == 0 && Create(entry, kind, options) is { } ports)
            return new SurePorts(ports, true);
        return options.Open.Count == 0 ? null : SurePorts.Of(kind, options);
    }

    /// <summary>The ports as the options have them. An option that cannot be is told, and open from then on.</summary>
    private StagePorts? Create(StageEntry entry, StageKind kind, ReadOptions options)
    {
        try
        {
            return kind.Create(options.Values).Ports;
        }
        catch (OptionException wrong)
        {
            var at = options.Given.Entries.FirstOrDefault(e => e.Key.Value == wrong.Option).Key ?? (YamlItem)entry.Map;
            mistakes.Add(at, entry, $"with.{wrong.Option}", wrong.Problem, wrong.Write);
            options.Open.Add(wrong.Option);
        }
        catch (StageException wrong)
        {
            mistakes.Add(entry.Map, entry, "with", wrong.Message);
        }
        catch (Exception broken)
        {
            mistakes.Add(entry.Map, entry, "uses", $"'{kind.Name}' cannot be made: {broken.GetType().Name}: {broken.Message}");
        }
        return null;
    }
}
