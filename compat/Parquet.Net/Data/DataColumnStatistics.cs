namespace Parquet.Data;

/// <summary>What the file says of a column chunk's values.</summary>
public class DataColumnStatistics
{
    public DataColumnStatistics() { }

    public DataColumnStatistics(long? nullCount, long? distinctCount, object? minValue, object? maxValue)
    {
        NullCount = nullCount;
        DistinctCount = distinctCount;
        MinValue = minValue;
        MaxValue = maxValue;
    }

    public long? NullCount { get; }

    public long? DistinctCount { get; }

    public object? MinValue { get; }

    public object? MaxValue { get; }
}
