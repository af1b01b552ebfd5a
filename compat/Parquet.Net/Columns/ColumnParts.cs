namespace Parquet.Columns;

/// <summary>A column to be written: the values that are there, and its levels.</summary>
internal readonly record struct ColumnParts<T>(ReadOnlyMemory<T> Values, ReadOnlyMemory<int>? Definitions, ReadOnlyMemory<int>? Repetitions)
{
    public int Count => Definitions?.Length ?? Values.Length;

    public int Rows => Repetitions is { } levels ? levels.Span.Count(0) : Count;
}
