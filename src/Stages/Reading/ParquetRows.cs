using DataflowRlhf.Graph;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace DataflowRlhf.Stages.Reading;

/// <summary>The rows of a Parquet file: plain columns, lists, and lists of structures (turns).</summary>
internal static class ParquetRows
{
    /// <param name="onRead">Told before each row what share of the file's rows are behind it.</param>
    /// <exception cref="StageException">The file is damaged, or is in no form that is taken.</exception>
    public static async IAsyncEnumerable<SourceRow> Read(string path, Action<string, IReadOnlyCollection<string>> require, IStageRun run, Action<double> onRead)
    {
        var name = Path.GetFileName(path);
        if (PlainFile.Problem(path) is { } problem)
            throw new StageException($"{path} {problem}.");
        await using var reader = await Guarded(path, () => ParquetReader.CreateAsync(path, cancellationToken: run.Stopping));
        require(path, [.. reader.Schema.Fields.Select(f => f.Name)]);
        var place = 0L;
        var whole = Math.Max(1.0, reader.RowGroups.Sum(g => (double)g.RowCount));
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            using var rows = reader.OpenRowGroupReader(group);
            var count = rows.RowCount is >= 0 and <= int.MaxValue ? (int)rows.RowCount : throw Damaged(path, $"a row group claims {rows.RowCount} rows");
            var columns = new List<(string Name, object?[] Values)>();
            foreach (var field in reader.Schema.Fields)
            {
                var values = await Guarded(path, () => ColumnAsync(rows, field, run.Stopping));
                if (values is null)
                    run.Warn($"{name}: the column '{field.Name}' is of a kind that is not passed on.");
                else if (values.Length != count)
                    throw Damaged(path, $"'{field.Name}' has {values.Length} values in a row group of {count} rows");
                else
                    columns.Add((field.Name, values));
            }
            if (columns.Count == 0)
                throw new StageException($"{path}: none of its columns can be read ({string.Join(", ", reader.Schema.Fields.Select(f => f.Name))}).");
            for (var i = 0; i < count; i++)
            {
                onRead((place + 1) / whole);
                yield return new SourceRow($"{name}:{++place}", columns.ToDictionary(c => c.Name, c => c.Values[i], StringComparer.Ordinal));
            }
        }
    }

    private static StageException Damaged(string path, string problem) => new($"{path}: this Parquet file is damaged: {problem}.");

    private static async Task<T> Guarded<T>(string path, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception e) when (e is not (StageException or OperationCanceledException or OutOfMemoryException))
        {
            throw new StageException($"{path}: this Parquet file cannot be read: {e.Message}", e);
        }
    }

    private static async Task<object?[]?> ColumnAsync(ParquetRowGroupReader rows, Field field, CancellationToken stopping)
    {
        switch (field)
        {
            case DataField { IsArray: false, MaxRepetitionLevel: 0 } plain:
                return (await LeafAsync(rows, plain, stopping))?.Values;
            case ListField { Item: DataField item }:
                return await LeafAsync(rows, item, stopping) is { } leaf ? Lists(leaf.Values, leaf.Levels) : null;
            case ListField { Item: StructField turn } when turn.Fields.All(f => f is DataField { IsArray: false }):
                return await StructuresAsync(rows, turn, stopping);
            default:
                return null;
        }
    }

    private static async Task<object?[]?> StructuresAsync(ParquetRowGroupReader rows, StructField turn, CancellationToken stopping)
    {
        var members = new List<(string Name, object?[] Lists)>();
        foreach (var member in turn.Fields.Cast<DataField>())
        {
            if (await LeafAsync(rows, member, stopping) is { } leaf)
                members.Add((member.Name, Lists(leaf.Values, leaf.Levels)));
        }
        if (members.Count == 0)
            return null;
        var structures = new object?[members[0].Lists.Length];
        for (var row = 0; row < structures.Length; row++)
        {
            var items = new List<object?>();
            for (var i = 0; i < ((List<object?>)members[0].Lists[row]!).Count; i++)
                items.Add(members.ToDictionary(m => m.Name, m => ((List<object?>)m.Lists[row]!)[i], StringComparer.Ordinal));
            structures[row] = items;
        }
        return structures;
    }

    /// <summary>One list a row: a level of 0 begins a row. A lone null is an empty list.</summary>
    private static object?[] Lists(object?[] values, int[] levels)
    {
        var lists = new object?[levels.Count(l => l == 0)];
        var row = -1;
        for (var i = 0; i < values.Length; i++)
        {
            if (levels[i] == 0)
                lists[++row] = new List<object?>();
            if (values[i] is not null || levels[i] != 0)
                ((List<object?>)lists[row]!).Add(values[i]);
        }
        return lists;
    }

    /// <summary>A column's values, null where none is there, each with its repetition level; null for a type that is not passed on.</summary>
    private static async Task<(object?[] Values, int[] Levels)?> LeafAsync(ParquetRowGroupReader rows, DataField field, CancellationToken stopping)
    {
        var type = field.ClrType;
        return type == typeof(ReadOnlyMemory<char>) ? await ReadAsync<ReadOnlyMemory<char>>(v => v.ToString())
            : type == typeof(bool) ? await ReadAsync<bool>(v => v)
            : type == typeof(int) ? await ReadAsync<int>(v => (long)v)
            : type == typeof(long) ? await ReadAsync<long>(v => v)
            : type == typeof(short) ? await ReadAsync<short>(v => (long)v)
            : type == typeof(byte) ? await ReadAsync<byte>(v => (long)v)
            : type == typeof(float) ? await ReadAsync<float>(v => (double)v)
            : type == typeof(double) ? await ReadAsync<double>(v => v)
            : null;

        async Task<(object?[], int[])?> ReadAsync<T>(Func<T, object> box)
            where T : struct
        {
            using var raw = (RawColumnData<T>)await rows.ReadRawColumnDataBaseAsync(field, stopping);
            return Spread(raw, field, box);
        }
    }

    private static (object?[] Values, int[] Levels) Spread<T>(RawColumnData<T> raw, DataField field, Func<T, object> box)
        where T : struct
    {
        ReadOnlySpan<T> present = raw.Values;
        ReadOnlySpan<int> definitions = field.MaxDefinitionLevel > 0 ? raw.DefinitionLevels : default;
        var values = new object?[field.MaxDefinitionLevel > 0 ? definitions.Length : present.Length];
        var next = 0;
        for (var i = 0; i < values.Length; i++)
            values[i] = field.MaxDefinitionLevel == 0 || definitions[i] == field.MaxDefinitionLevel ? box(present[next++]) : null;
        return (values, field.MaxRepetitionLevel > 0 ? raw.RepetitionLevels.ToArray() : new int[values.Length]);
    }
}
