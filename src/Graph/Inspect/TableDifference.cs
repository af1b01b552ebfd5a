namespace DataflowRlhf.Graph;

/// <summary>How one dataset differs from another.</summary>
/// <param name="By">The column that tells which row is which; null: the rows' places do.</param>
/// <param name="Gone">Columns that only the first has.</param>
/// <param name="New">Columns that only the second has, or that have another type there.</param>
/// <param name="Same">Rows that are equal in every column of both.</param>
/// <param name="ChangedBy">For each column, in how many rows of both it differs; those without any are left out.</param>
/// <param name="Examples">Names of a few rows that were added (+), removed (−) or changed (~).</param>
public sealed record TableDifference(
    string? By, IReadOnlyList<string> Gone, IReadOnlyList<string> New, long Same, long Added, long Removed, long Changed,
    IReadOnlyDictionary<string, long> ChangedBy, IReadOnlyList<string> Examples)
{
    public bool IsNone => Added + Removed + Changed == 0 && Gone.Count + New.Count == 0;
}
