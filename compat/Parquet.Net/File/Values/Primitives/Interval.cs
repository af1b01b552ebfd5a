namespace Parquet.File.Values.Primitives;

/// <summary>A span of months, days and milliseconds, which do not convert into one another.</summary>
public readonly record struct Interval(int Months, int Days, int Millis);
