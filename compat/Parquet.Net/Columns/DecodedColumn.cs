namespace Parquet.Columns;

/// <summary>A column taken apart: the values that are there, and the levels that say where (null where the column has none).</summary>
internal sealed record DecodedColumn<T>(T[] Values, int[]? Definitions, int[]? Repetitions, int Count, int MaxDefinition);
