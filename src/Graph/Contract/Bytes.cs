namespace DataflowRlhf.Graph;

/// <summary>Rules of equal bytes.</summary>
internal static class Bytes
{
    public static async Task<ContractFinding> SeedsAsync(Runs runs, string rule)
    {
        var (plain, again) = (await runs.Plain(), await runs.Again());
        var differs = plain.Differs(again, whole: true)
            ?? (plain.Left!.FactsDigest == again.Left!.FactsDigest ? null
                : Fact(plain, again) is { } fact ? $"its fact '{fact}': {Subject.Text(plain.Left.Summary[fact])}, then {Subject.Text(again.Left.Summary[fact])}" : "its curves differ")
            ?? (plain.Left.Quarantined == again.Left.Quarantined ? null : $"{plain.Left.Quarantined} rows were put aside, then {again.Left.Quarantined}");
        return ContractFinding.Of(rule, differs is null ? null : $"the same run twice: {differs}. Chance comes from run.Seed; no clock, no path and no order of threads may enter");
    }

    public static async Task<ContractFinding> SplitsAsync(Runs runs, string rule)
    {
        if (runs.Subject.DatasetPorts.Count == 0)
            return ContractFinding.NotAsked(rule, "no rows feed it");
        var plain = await runs.Plain();
        if (runs.Node.Inputs.Any(i => i.Port is AnyPort))
            return ContractFinding.NotAsked(rule, "it reads any artifact");
        var broken = plain.Differs(await runs.Whole(), whole: false) is { } whole ? $"all rows in one batch: {whole}"
            : plain.Differs(await runs.Small(2), whole: false) is { } small ? $"few rows a batch: {small}" : null;
        if (broken is null && runs.Subject.IsRowStage)
            foreach (var parallel in (int[])[1, 4])
                if ((await runs.Small(2)).Differs(await runs.Small(parallel), whole: true) is { } differs)
                    broken = $"{parallel} batches side by side instead of 2: {differs}";
        return ContractFinding.Of(rule, broken);
    }

    public static async Task<ContractFinding> SpeedAsync(Runs runs, string rule)
    {
        var altered = runs.Node.Kind.Options.Where(o => o.PerformanceOnly).Select(o => (o.Name, Options: Altered.One(runs.Node, o))).Where(a => a.Options is not null).ToList();
        if (altered.Count == 0)
            return ContractFinding.NotAsked(rule, "it has no option for speed alone");
        var plain = await runs.Plain();
        if (Altered.All(runs.Node) is { } all && plain.Differs(await runs.Subject.RunAsync(new Trial { Options = all }), whole: true) is null)
            return ContractFinding.Of(rule, null);
        var wrong = new List<string>();
        foreach (var (name, options) in altered)
            if (plain.Differs(await runs.Subject.RunAsync(new Trial { Options = options }), whole: true) is { } differs)
                wrong.Add($"{name}: {Subject.Text(Altered.Value(runs.Node, name, runs.Node.Options))}, then {Subject.Text(Altered.Value(runs.Node, name, options!))}: {differs}");
        return ContractFinding.Of(rule, wrong.Count == 0 ? null : string.Join("; ", wrong) + ". An option that changes the result has no [PerformanceOnly]");
    }

    /// <summary>The first fact of the summary that differs; null: none does.</summary>
    private static string? Fact(TrialResult one, TrialResult other) =>
        one.Left!.Summary.Select(f => f.Key).Union(other.Left!.Summary.Select(f => f.Key)).FirstOrDefault(f => Subject.Text(one.Left.Summary[f]) != Subject.Text(other.Left.Summary[f]));
}
