namespace Parquet.Schema;

/// <summary>The unit of a time of day.</summary>
public enum TimeUnitPrecision
{
    Millis = 0,
    Micros = 1,
    Nanos = 2,
}
