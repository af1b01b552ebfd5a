namespace Parquet.Schema;

/// <summary>A column of times of day.</summary>
public class TimeDataField : DataField
{
    public TimeDataField(string name, TimeUnitPrecision precision, bool? isNullable = null, bool? isArray = null, string? propertyName = null)
        : base(name, typeof(TimeSpan), isNullable, isArray, propertyName) => Precision = precision;

    public bool IsAdjustedToUtc { get; set; } = true;

    public TimeUnitPrecision Precision { get; }
}
