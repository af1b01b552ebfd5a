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

    /// <summary>How much of each value's path is there; the column's maximum where the value itself is.</summary>
    /// <exception cref="InvalidOperationException">The column is required: it has none.</exception>
    public Span<int> DefinitionLevels => (definitionLevels ?? throw new InvalidOperationException("definition levels are not present for this column")).Memory.Span;

    /// <summary>Which list goes on with each value; 0 begins a row.</summary>
    /// <exception cref="InvalidOperationException">The column is in no list: it has none.</exception>
    public Span<int> RepetitionLevels => (repetitionLevels ?? throw new InvalidOperationException("repetition levels are not present for this column")).Memory.Span;

    public virtual void Dispose()
    {
        definitionLevels?.Dispose();
        repetitionLevels?.Dispose();
        GC.SuppressFinalize(this);
    }
}
