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

        public override Task WriteAsync(ParquetRowGroupWriter group, DataField leaf, Array values, CancellationToken stopping)
        {
            var lists = (T[]?[])values;
            var items = new TStored[lists.Sum(l => l?.Length ?? 0)];
            var slots = lists.Sum(l => Math.Max(1, l?.Length ?? 0));
            var definitions = new int[slots];
            var repetitions = new int[slots];
            var empty = leaf.MaxDefinitionLevel - (leaf.IsNullable ? 2 : 1);
            int item = 0, slot = 0;
            foreach (var list in lists)
            {
                if (list is null || list.Length == 0)
                {
                    definitions[slot++] = list is null ? 0 : empty;
                    continue;
                }
                for (var i = 0; i < list.Length; i++, slot++)
                {
                    items[item++] = store(list[i]);
                    definitions[slot] = leaf.MaxDefinitionLevel;
                    repetitions[slot] = i == 0 ? 0 : 1;
                }
            }
            return group.WriteAllPartsAsync<TStored>(leaf, items.AsMemory(), definitions.AsMemory(), repetitions.AsMemory(), stopping);
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
                var to = from + 1;
                while (to < repetitions.Length && repetitions[to] != 0)
                    to++;
                var list = definitions[from] == present ? new T[to - from] : definitions[from] == 0 ? null : [];
                for (var i = 0; i < (list?.Length ?? 0); i++)
                    list![i] = load(values[item++]);
                lists[row] = list;
                from = to;
            }
            return lists;
        }
    }
}
