namespace DataflowRlhf.Graph;

/// <summary>Asks a stage for its ports.</summary>
internal sealed class PortsReader(EntryMistakes mistakes)
{
    /// <summary>The ports; where an option has a mistake, those that the stage has whatever is meant; null where that cannot be said.</summary>
    public SurePorts? Read(StageEntry entry, StageKind kind, ReadOptions options)
    {
        while (true)
        {
            var refusals = new List<Exception>();
            if (SurePorts.Of(kind, options, refusals) is { } sure)
                return sure;
            // What is refused in the same words whatever the open options are, is a mistake of its own.
            if (refusals.DistinctBy(r => (r.GetType(), r.Message)).Count() > 1 || !Tell(entry, kind, options, refusals[0]))
                return null;
        }
    }

    /// <summary>Tells why a stage cannot be made. Returns whether it is for an option, which is open from then on.</summary>
    private bool Tell(StageEntry entry, StageKind kind, ReadOptions options, Exception refusal)
    {
        if (refusal is OptionException wrong)
        {
            var at = options.Given.Entries.FirstOrDefault(e => e.Key.Value == wrong.Option).Key ?? (YamlItem)entry.Map;
            mistakes.Add(at, entry, $"with.{wrong.Option}", wrong.Problem, wrong.Write);
            return options.Open.Add(wrong.Option);
        }
        if (refusal is StageException)
            mistakes.Add(entry.Map, entry, "with", refusal.Message);
        else
            mistakes.Add(entry.Map, entry, "uses", $"'{kind.Name}' cannot be made: {refusal.GetType().Name}: {refusal.Message}");
        return false;
    }
}
