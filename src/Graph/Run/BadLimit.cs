using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>How many rows a stage may put aside: a number of rows, or a share of those it read.</summary>
/// <param name="Value">Rows, or a share from 0 to 1.</param>
/// <param name="IsShare">Whether it is a share.</param>
public readonly record struct BadLimit(double Value, bool IsShare)
{
    /// <summary>Whether so many rows put aside are too many.</summary>
    /// <param name="bad">Rows put aside.</param>
    /// <param name="kept">Rows kept.</param>
    public bool IsExceeded(long bad, long kept) => IsShare ? bad > Value * (bad + kept) : bad > Value;

    /// <summary>As it is written: <c>20</c> or <c>0.5%</c>.</summary>
    public override string ToString() => IsShare ? (Value * 100).ToString("0.####", CultureInfo.InvariantCulture) + "%" : Value.ToString("0", CultureInfo.InvariantCulture);
}
