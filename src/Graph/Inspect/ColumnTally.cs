using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>Gathers a column's statistics in one pass and in bounded memory.</summary>
internal sealed class ColumnTally(Column column)
{
    private const int MostCommon = 12;
    private const int LongestCommon = 60;
    private readonly DistinctCount distinct = new();
    private readonly QuantileSample quantiles = new();
    private Dictionary<string, long>? common = new(StringComparer.Ordinal);
    private long rows, nulls, notNumbers, measured;
    private double mean, squares;
    private double least = double.PositiveInfinity, most = double.NegativeInfinity;

    public void Add(Array values)
    {
        rows += values.Length;
        for (var row = 0; row < values.Length; row++)
        {
            distinct.Add(CellHash.Of(values, row));
            var (measure, named) = Look(values, row);
            if (measure is { } value)
                Measure(value);
            if (named is not null)
                Count(named);
        }
    }

    public ColumnStatistics Done()
    {
        var at = quantiles.At(0.05, 0.5, 0.95);
        double? Of(double value) => measured > 0 ? value : null;
        return new ColumnStatistics(
            column.Name, column.TypeName, Measures, rows, nulls, notNumbers, Of(mean), Of(Math.Sqrt(squares / Math.Max(1, measured))), Of(least), Of(most),
            at.Count > 0 ? at[0] : null, at.Count > 0 ? at[1] : null, at.Count > 0 ? at[2] : null, quantiles.Exact, distinct.Count, distinct.Exact,
            [.. (common ?? []).OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Select(c => new CommonValue(c.Key, c.Value))]);
    }

    private string? Measures => column.Type switch
    {
        ColumnType.Bool => null,
        ColumnType.Text => "letters",
        ColumnType.Binary => "bytes",
        ColumnType.Int32List or ColumnType.FloatList or ColumnType.TextList => "items",
        _ => "values",
    };

    private (double? Measure, string? Named) Look(Array values, int row)
    {
        switch (values)
        {
            case bool[] v:
                return (null, v[row] ? "true" : "false");
            case int[] v:
                return (v[row], v[row].ToString(CultureInfo.InvariantCulture));
            case long[] v:
                return (v[row], v[row].ToString(CultureInfo.InvariantCulture));
            case float[] v:
                return (v[row], null);
            case double[] v:
                return (v[row], null);
            case string?[] v when v[row] is { } text:
                return (text.Length, text.Length <= LongestCommon ? text : NotCommon());
            case byte[]?[] v when v[row] is { } bytes:
                return (bytes.Length, null);
            case int[]?[] v when v[row] is { } list:
                return (list.Length, null);
            case float[]?[] v when v[row] is { } list:
                return (list.Length, null);
            case string[]?[] v when v[row] is { } list:
                return (list.Length, null);
            default:
                nulls++;
                return (null, null);
        }
    }

    /// <summary>Welford's running mean and squares: exact enough over any number of rows.</summary>
    private void Measure(double value)
    {
        if (double.IsNaN(value))
        {
            notNumbers++;
            return;
        }
        measured++;
        var off = value - mean;
        mean += off / measured;
        squares += off * (value - mean);
        least = Math.Min(least, value);
        most = Math.Max(most, value);
        quantiles.Add(value);
    }

    private void Count(string named)
    {
        if (common is null)
            return;
        common[named] = common.GetValueOrDefault(named) + 1;
        if (common.Count > MostCommon)
            common = null;
    }

    /// <summary>A long text is no name of a kind: nobody looks for how often it is there.</summary>
    private string? NotCommon()
    {
        common = null;
        return null;
    }
}
