namespace DataflowRlhf.Graph;

/// <summary>What came of one rule.</summary>
/// <param name="Rule">One of <see cref="StageContract.Rules"/>.</param>
/// <param name="Why">Of a broken rule: what was seen and what is right. Of one that asks nothing: why not.</param>
public sealed record ContractFinding(string Rule, ContractVerdict Verdict, string Why)
{
    internal static ContractFinding Of(string rule, string? broken) => new(rule, broken is null ? ContractVerdict.Ok : ContractVerdict.Broken, broken ?? "");

    internal static ContractFinding NotAsked(string rule, string why) => new(rule, ContractVerdict.NotAsked, why);
}
