namespace Parquet.Schema;

/// <summary>How a date and time is stored.</summary>
public enum DateTimeFormat
{
    /// <summary>INT96: nanoseconds of the day and the Julian day.</summary>
    Impala = 0,
    /// <summary>Milliseconds since 1970.</summary>
    DateAndTime = 1,
    /// <summary>Microseconds since 1970.</summary>
    DateAndTimeMicros = 2,
    /// <summary>Days since 1970.</summary>
    Date = 3,
    /// <summary>Since 1970, in the unit that the field names.</summary>
    Timestamp = 4,
}
