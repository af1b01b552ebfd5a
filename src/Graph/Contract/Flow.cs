namespace DataflowRlhf.Graph;

/// <summary>Rules of what flows through a stage.</summary>
internal static class Flow
{
    public static async Task<ContractFinding> PromisesAsync(Runs runs, string rule)
    {
        var plain = await runs.Plain();
        if (plain.Trouble is { } trouble)
            return ContractFinding.Of(rule, trouble);
        if (runs.Node.Ports.Output is not DatasetOutput output)
            return ContractFinding.Of(rule, Directory.EnumerateFileSystemEntries(plain.Left!.Folder).Any() ? null : "its folder is empty");
        var missing = plain.All is { } all ? output.Adds.FirstOrDefault(c => !all.Has(c)) : null;
        var dropped = plain.All is { } kept ? output.Drops.FirstOrDefault(kept.Has) : null;
        return ContractFinding.Of(rule,
            plain.All is null or { Rows: 0 } ? "its example leaves no row, so there is nothing to prove the rules on"
            : missing is not null ? $"it promises {missing}; its rows have {string.Join(", ", plain.All.Columns)}"
            : dropped is not null ? $"it promises to drop {dropped}, and leaves it" : null);
    }

    public static async Task<ContractFinding> PassesOnAsync(Runs runs, string rule)
    {
        if (runs.Node.Ports.Output is not DatasetOutput { PassesOn: { } port })
            return ContractFinding.NotAsked(rule, "it does not pass rows on");
        var small = await runs.Small(2);
        if (small.Trouble is { } trouble)
            return ContractFinding.Of(rule, trouble);
        if (small.All is not { Rows: > 0 } all || Subject.Places(all) is not { } places)
            return ContractFinding.Of(rule, $"its output is Through(\"{port}\", …), yet a column that it does not know did not come through with its rows. Give the batch on: batch.With(column, values)");
        var strict = runs.Subject.IsRowStage;
        var turned = Enumerable.Range(1, places.Count - 1).FirstOrDefault(i => strict ? places[i] <= places[i - 1] : places[i] < places[i - 1]);
        return ContractFinding.Of(rule, turned == 0 ? null : $"row {places[turned]} comes behind row {places[turned - 1]}");
    }

    public static async Task<ContractFinding> WaitsAsync(Runs runs, string rule)
    {
        if (runs.Node.Ports.Output is not DatasetOutput)
            return ContractFinding.NotAsked(rule, "it emits no rows");
        if (!runs.Subject.DatasetPorts.Any(p => p.Streams))
            return ContractFinding.NotAsked(rule, "no input of it streams");
        var small = await runs.Small(2);
        return ContractFinding.Of(rule, small.Trouble ?? (small.Watch.ReadAhead is { } port ? $"it asked for more of '{port}' while the batch that it had emitted was still held: memory would fill. Await EmitAsync before the next read" : null));
    }
}
