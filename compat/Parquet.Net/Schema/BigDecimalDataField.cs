using Parquet.File.Values.Primitives;

namespace Parquet.Schema;

/// <summary>A column of decimals with more digits than <see cref="decimal"/> holds.</summary>
public class BigDecimalDataField : DecimalDataField
{
    public BigDecimalDataField(string name, int precision, int scale = 0, bool? isNullable = null, bool? isArray = null, string? propertyName = null)
        : base(name, precision, scale, true, isNullable, isArray, propertyName, typeof(BigDecimal)) { }
}
