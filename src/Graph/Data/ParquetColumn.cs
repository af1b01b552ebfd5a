using System.Buffers;
using System.Runtime.CompilerServices;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace DataflowRlhf.Graph;

/// <summary>How a column of a batch stands in a Parquet file.</summary>
internal abstract class ParquetColumn
{
    public abstract Column Column { get; }

    /// <summary>Its field in a new file's schema.</summary>
    public abstract Field Field { get; }

    public abstract Task WriteAsync(ParquetRowGroupWriter group, DataField leaf, Array values, CancellationToken stopping);

    public abstract Task<Array> ReadAsync(ParquetRowGroupReader group, DataField leaf, int rows, CancellationToken stopping);

    public static ParquetColumn For(Column column) => column.Type switch
    {
        ColumnType.Bool => new PlainColumn<bool>(column),
        ColumnType.Int32 => new PlainColumn<int>(column),
        ColumnType.Int64 => new PlainColumn<long>(column),
        ColumnType.Float => new PlainColumn<float>(column),
        ColumnType.Double => new PlainColumn<double>(column),
        ColumnType.Text => new TextColumn(column),
        ColumnType.Binary => new BinaryColumn(column),
        ColumnType.Int32List => new ListColumn<int, int>(column, v => v, v => v),
        ColumnType.FloatList => new ListColumn<float, float>(column, v => v, v => v),
        _ => new ListColumn<string, ReadOnlyMemory<char>>(column, v => v.AsMemory(), v => v.ToString()),
    };

    /// <summary>The column that a file's field is, or null where a batch has no such type.</summary>
    public static ParquetColumn? Of(Field field) => field switch
    {
        ListField { Item: DataField item } => item.ClrType == typeof(int) ? For(new Column<int[]>(field.Name))
            : item.ClrType == typeof(float) ? For(new Column<float[]>(field.Name))
            : item.ClrType == typeof(ReadOnlyMemory<char>) ? For(new Column<string[]>(field.Name))
            : null,
        DataField { MaxRepetitionLevel: 0 } leaf => leaf.ClrType == typeof(bool) ? For(new Column<bool>(field.Name))
            : leaf.ClrType == typeof(int) ? For(new Column<int>(field.Name))
            : leaf.ClrType == typeof(long) ? For(new Column<long>(field.Name))
            : leaf.ClrType == typeof(float) ? For(new Column<float>(field.Name))
            : leaf.ClrType == typeof(double) ? For(new Column<double>(field.Name))
            : leaf.ClrType == typeof(ReadOnlyMemory<char>) ? For(new Column<string>(field.Name))
            : leaf.ClrType == typeof(ReadOnlyMemory<byte>) ? For(new Column<byte[]>(field.Name))
            : null,
        _ => null,
    };

    /// <summary>One item a row, null where the definition level is below <paramref name="present"/>, the level of a value that is there.</summary>
    private static T?[] Spread<T, TStored>(RawColumnData<TStored> raw, int present, int rows, Func<TStored, T> load)
        where T : class
        where TStored : struct
    {
        ReadOnlySpan<TStored> values = raw.Values;
        ReadOnlySpan<int> definitions = present > 0 ? raw.DefinitionLevels : default;
        var items = new T?[rows];
        var next = 0;
        for (var row = 0; row < rows; row++)
            items[row] = present == 0 || definitions[row] == present ? load(values[next++]) : null;
        return items;
    }

    /// <summary>Numbers and truth values: never null.</summary>
    private sealed class PlainColumn<T>(Column column) : ParquetColumn
        where T : struct
    {
        public override Column Column => column;
        public override Field Field { get; } = new DataField<T>(column.Name);

        public override Task WriteAsync(ParquetRowGroupWriter group, DataField leaf, Array values, CancellationToken stopping) =>
            group.WriteAsync<T>(leaf, ((T[])values).AsMemory(), cancellationToken: stopping);

        public override async Task<Array> ReadAsync(ParquetRowGroupReader group, DataField leaf, int rows, CancellationToken stopping)
        {
            var values = new T[rows];
            await group.ReadAsync(leaf, values.AsMemory(), cancellationToken: stopping);
            return values;
        }
    }

    /// <summary>Texts; a null stays one.</summary>
    private sealed class TextColumn(Column column) : ParquetColumn
    {
        public override Column Column => column;
        public override Field Field { get; } = new DataField<string>(column.Name);

        public override Task WriteAsync(ParquetRowGroupWriter group, DataField leaf, Array values, CancellationToken stopping) =>
            group.WriteAsync(leaf, (string?[])values);

        public override async Task<Array> ReadAsync(ParquetRowGroupReader group, DataField leaf, int rows, CancellationToken stopping)
        {
            using var raw = (RawColumnData<ReadOnlyMemory<char>>)await group.ReadRawColumnDataBaseAsync(leaf, stopping);
            return Spread(raw, leaf.MaxDefinitionLevel, rows, v => v.ToString());
        }
    }

    private sealed class BinaryColumn(Column column) : ParquetColumn
    {
        public override Column Column => column;
        public override Field Field { get; } = new DataField<byte[]>(column.Name);

        public override Task WriteAsync(ParquetRowGroupWriter group, DataField leaf, Array values, CancellationToken stopping) =>
            group.WriteAsync(leaf, (byte[]?[])values);

        public override async Task<Array> ReadAsync(ParquetRowGroupReader group, DataField leaf, int rows, CancellationToken stopping)
        {
            using var raw = (RawColumnData<ReadOnlyMemory<byte>>)await group.ReadRawColumnDataBaseAsync(leaf, stopping);
            return Spread(raw, leaf.MaxDefinitionLevel, rows, v => v.ToArray());
        }
    }

    /// <summary>Lists by their levels: repetition 0 begins a row; the definition tells an element from an empty and from a missing list.</summary>
    private sealed class ListColumn<T, TStored>(Column column, Func<T, TStored> store, Func<TStored, T> load) : ParquetColumn
        where TStored : struct
    {
        public override Column Column => column;
        public override Field Field { get; } = new ListField(column.Name, new DataField("element", typeof(T)));

        public override async Task WriteAsync(ParquetRowGroupWriter group, DataField leaf, Array values, CancellationToken stopping)
        {
            var lists = (T[]?[])values;
            var (count, slots) = (lists.Sum(l => l?.Length ?? 0), lists.Sum(l => Math.Max(1, l?.Length ?? 0)));
            var items = ArrayPool<TStored>.Shared.Rent(count);
            var definitions = ArrayPool<int>.Shared.Rent(slots);
            var repetitions = ArrayPool<int>.Shared.Rent(slots);
            try
            {
                Flatten(lists, leaf, items, definitions, repetitions);
                await group.WriteAllPartsAsync<TStored>(leaf, items.AsMemory(0, count), definitions.AsMemory(0, slots), repetitions.AsMemory(0, slots), stopping);
            }
            finally
            {
                ArrayPool<TStored>.Shared.Return(items, RuntimeHelpers.IsReferenceOrContainsReferences<TStored>());
                ArrayPool<int>.Shared.Return(definitions);
                ArrayPool<int>.Shared.Return(repetitions);
            }
        }

        private void Flatten(T[]?[] lists, DataField leaf, Span<TStored> items, Span<int> definitions, Span<int> repetitions)
        {
            var empty = leaf.MaxDefinitionLevel - (leaf.IsNullable ? 2 : 1);
            int item = 0, slot = 0;
            foreach (var list in lists)
            {
                var length = list?.Length ?? 0;
                var taken = Math.Max(1, length);
                definitions.Slice(slot, taken).Fill(length > 0 ? leaf.MaxDefinitionLevel : list is null ? 0 : empty);
                repetitions.Slice(slot, taken).Fill(1);
                repetitions[slot] = 0;
                if (list is TStored[] same)
                    same.CopyTo(items[item..]);
                else
                    for (var i = 0; i < length; i++)
                        items[item + i] = store(list![i]);
                (item, slot) = (item + length, slot + taken);
            }
        }

        public override async Task<Array> ReadAsync(ParquetRowGroupReader group, DataField leaf, int rows, CancellationToken stopping)
        {
            using var raw = (RawColumnData<TStored>)await group.ReadRawColumnDataBaseAsync(leaf, stopping);
            return Lists(raw, leaf.MaxDefinitionLevel, rows);
        }

        private T[]?[] Lists(RawColumnData<TStored> raw, int present, int rows)
        {
            var lists = new T[]?[rows];
            ReadOnlySpan<TStored> values = raw.Values;
            ReadOnlySpan<int> definitions = raw.DefinitionLevels, repetitions = raw.RepetitionLevels;
            int row = 0, item = 0;
            for (var from = 0; from < repetitions.Length; row++)
            {
                var next = repetitions[(from + 1)..].IndexOf(0);
                var to = next < 0 ? repetitions.Length : from + 1 + next;
                var list = definitions[from] == present ? new T[to - from] : definitions[from] == 0 ? null : [];
                var length = list?.Length ?? 0;
                if (list is TStored[] same)
                    values.Slice(item, length).CopyTo(same);
                else
                    for (var i = 0; i < length; i++)
                        list![i] = load(values[item + i]);
                (lists[row], from, item) = (list, to, item + length);
            }
            return lists;
        }
    }
}
