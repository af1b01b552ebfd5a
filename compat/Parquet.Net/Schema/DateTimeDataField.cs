namespace Parquet.Schema;

/// <summary>A column of dates and times, and how they are stored.</summary>
public class DateTimeDataField : DataField
{
    public DateTimeDataField(
        string name, DateTimeFormat format, bool isAdjustedToUTC = true, DateTimeTimeUnit? unit = null, bool? isNullable = null,
        bool? isArray = null, string? propertyName = null)
        : base(name, typeof(DateTime), isNullable, isArray, propertyName)
    {
        DateTimeFormat = format;
        IsAdjustedToUTC = isAdjustedToUTC;
        Unit = unit ?? (format == DateTimeFormat.DateAndTimeMicros ? DateTimeTimeUnit.Micros : DateTimeTimeUnit.Millis);
    }

    public DateTimeFormat DateTimeFormat { get; }

    public bool IsAdjustedToUTC { get; }

    public DateTimeTimeUnit Unit { get; }
}
