namespace DataflowRlhf.Graph;

/// <summary>What a column holds. Numbers stand for themselves, texts and lists for their lengths.</summary>
/// <param name="Type">As people write it.</param>
/// <param name="Measures"><c>values</c> of numbers, <c>letters</c> of texts, <c>bytes</c> or <c>items</c>; null for truth values.</param>
/// <param name="Nulls">Cells that hold nothing.</param>
/// <param name="NotNumbers">NaN; they are in none of the figures.</param>
/// <param name="Distinct">Different cells.</param>
/// <param name="DistinctExact">False: within about one percent.</param>
/// <param name="QuantilesExact">False: of an even sample.</param>
/// <param name="Common">The cells of a column that has few different ones, the most frequent first.</param>
public sealed record ColumnStatistics(
    string Name, string Type, string? Measures, long Rows, long Nulls, long NotNumbers, double? Mean, double? Deviation, double? Least, double? Most,
    double? Quantile05, double? Median, double? Quantile95, bool QuantilesExact, long Distinct, bool DistinctExact, IReadOnlyList<CommonValue> Common);

/// <summary>A cell and how often it is there.</summary>
public sealed record CommonValue(string Value, long Rows);
