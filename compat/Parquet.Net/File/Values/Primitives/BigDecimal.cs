using System.Globalization;
using System.Numerics;

namespace Parquet.File.Values.Primitives;

/// <summary>A decimal number of any size: <c>UnscaledValue / 10^Scale</c>.</summary>
public readonly record struct BigDecimal(BigInteger UnscaledValue, int Scale)
{
    /// <summary>The digits with a point before the last <see cref="Scale"/> of them.</summary>
    public override string ToString()
    {
        string digits = BigInteger.Abs(UnscaledValue).ToString(CultureInfo.InvariantCulture).PadLeft(Scale + 1, '0');
        string sign = UnscaledValue.Sign < 0 ? "-" : "";
        return Scale == 0 ? sign + digits : $"{sign}{digits[..^Scale]}.{digits[^Scale..]}";
    }
}
