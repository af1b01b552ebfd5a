namespace Parquet;

/// <summary>A file, a schema or a column that Parquet's rules do not allow.</summary>
public class ParquetException : Exception
{
    public ParquetException() { }

    public ParquetException(string message) : base(message) { }

    public ParquetException(string message, Exception inner) : base(message, inner) { }
}
