namespace Parquet.Data;

/// <summary>A column as the file has it, with its values' type.</summary>
public class RawColumnData<T> : RawColumnData where T : struct
{
    private readonly T[] values;
    private readonly int maxDefinition;
    private readonly int[]? definitions;

    internal RawColumnData(T[] values, int[]? definitions, int[]? repetitions, int maxDefinition)
        : base(definitions == null ? null : new ArrayOwner<int>(definitions), repetitions == null ? null : new ArrayOwner<int>(repetitions))
    {
        this.values = values;
        this.definitions = definitions;
        this.maxDefinition = maxDefinition;
    }

    /// <summary>The values that are there, nulls left out.</summary>
    public Span<T> Values => values;

    /// <summary>One item for each level: the value, or null where none is there.</summary>
    public IEnumerable<T?> NullableValues
    {
        get
        {
            int next = 0;
            for (int i = 0; i < (definitions?.Length ?? values.Length); i++)
                yield return definitions == null || definitions[i] == maxDefinition ? values[next++] : null;
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        GC.SuppressFinalize(this);
    }
}
