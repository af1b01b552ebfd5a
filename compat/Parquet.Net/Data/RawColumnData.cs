using System.Buffers;

namespace Parquet.Data;

/// <summary>A column as the file has it: levels and the values that are there.</summary>
public abstract class RawColumnData : IDisposable
{
    private readonly IMemoryOwner<int>? definitionLevels, repetitionLevels;

    protected RawColumnData(IMemoryOwner<int>? definitionLevels, IMemoryOwner<int>? repetitionLevels)
    {
        this.definitionLevels = definitionLevels;
        this.repetitionLevels = repetitionLevels;
    }

    /// <summary>How much of each value's path is there; the column's maximum where the value itself is. Empty for required columns.</summary>
    public Span<int> DefinitionLevels => definitionLevels == null ? [] : definitionLevels.Memory.Span;

    /// <summary>Which list goes on with each value; 0 begins a row. Empty outside of lists.</summary>
    public Span<int> RepetitionLevels => repetitionLevels == null ? [] : repetitionLevels.Memory.Span;

    public virtual void Dispose()
    {
        definitionLevels?.Dispose();
        repetitionLevels?.Dispose();
        GC.SuppressFinalize(this);
    }
}
