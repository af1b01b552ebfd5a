namespace Parquet.Meta;

/// <summary>The unit of a time or timestamp.</summary>
public enum TimeUnit
{
    MILLIS = 1,
    MICROS = 2,
    NANOS = 3,
}
