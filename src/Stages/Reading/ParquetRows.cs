using DataflowRlhf.Graph;
using Parquet;
using Parquet.Schema;

namespace DataflowRlhf.Stages.Reading;

/// <summary>The rows of a Parquet file: plain columns, lists, and lists of structures (turns).</summary>
internal static class ParquetRows
{
    /// <exception cref="StageException">The file is damaged, or holds no preference pairs at all.</exception>
    public static async IAsyncEnumerable<SourceRow> Read(string path, IStageRun run)
    {
        var name = Path.GetFileName(path);
        await using var reader = await Guarded(path, () => ParquetReader.CreateAsync(path, cancellationToken: run.Stopping));
        PreferenceFile.RequireColumns(path, reader.Schema.Fields.Select(f => f.Name));
        var place = 0L;
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            using var rows = reader.OpenRowGroupReader(group);
            var count = checked((int)rows.RowCount);
            var columns = new List<(string Name, object?[] Values)>();
            foreach (var field in reader.Schema.Fields)
            {
                var values = await Guarded(path, () => ColumnAsync(rows, field, count, run.Stopping));
                if (values is null)
                    run.Warn($"{name}: the column '{field.Name}' is of a kind that is not passed on.");
                else
                    columns.Add((field.Name, values));
            }
            for (var i = 0; i < count; i++)
                yield return new SourceRow($"{name}:{++place}", columns.ToDictionary(c => c.Name, c => c.Values[i], StringComparer.Ordinal));
        }
    }

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

    private static async Task<object?[]?> ColumnAsync(ParquetRowGroupReader rows, Field field, int count, CancellationToken stopping)
    {
        switch (field)
        {
            case DataField { IsArray: false, MaxRepetitionLevel: 0 } plain:
                return (await LeafAsync(rows, plain, stopping))?.Values;
            case ListField { Item: DataField item }:
                return await LeafAsync(rows, item, stopping) is { } leaf ? Lists(leaf.Values, leaf.Levels, count) : null;
            case ListField { Item: StructField turn } when turn.Fields.All(f => f is DataField { IsArray: false }):
                return await StructuresAsync(rows, turn, count, stopping);
            default:
                return null;
        }
    }

    private static async Task<object?[]?> StructuresAsync(ParquetRowGroupReader rows, StructField turn, int count, CancellationToken stopping)
    {
        var members = new List<(string Name, object?[] Lists)>();
        foreach (var member in turn.Fields.Cast<DataField>())
        {
            if (await LeafAsync(rows, member, stopping) is { } leaf)
                members.Add((member.Name, Lists(leaf.Values, leaf.Levels, count)));
        }
        if (members.Count == 0)
            return null;
        var structures = new object?[count];
        for (var row = 0; row < count; row++)
        {
            var items = new List<object?>();
            for (var i = 0; i < ((List<object?>)members[0].Lists[row]!).Count; i++)
                items.Add(members.ToDictionary(m => m.Name, m => ((List<object?>)m.Lists[row]!)[i], StringComparer.Ordinal));
            structures[row] = items;
        }
        return structures;
    }

    /// <summary>One list a row: a level of 0 begins a row. A lone null is an empty list.</summary>
    private static object?[] Lists(object?[] values, int[] levels, int count)
    {
        var lists = new object?[count];
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

    private static async Task<(object?[] Values, int[] Levels)?> LeafAsync(ParquetRowGroupReader rows, DataField field, CancellationToken stopping)
    {
        var count = checked((int)(rows.GetMetadata(field)?.MetaData?.NumValues ?? rows.RowCount));
        var levels = new int[count];
        var type = field.ClrType;
        if (type == typeof(ReadOnlyMemory<char>) || type == typeof(string))
        {
            var texts = new string?[count];
            await rows.ReadAsync(field, texts.AsMemory(), levels.AsMemory(), stopping);
            return (texts, levels);
        }
        var values = type == typeof(bool) ? await NumbersAsync<bool>(v => v)
            : type == typeof(int) ? await NumbersAsync<int>(v => (long)v)
            : type == typeof(long) ? await NumbersAsync<long>(v => v)
            : type == typeof(short) ? await NumbersAsync<short>(v => (long)v)
            : type == typeof(byte) ? await NumbersAsync<byte>(v => (long)v)
            : type == typeof(float) ? await NumbersAsync<float>(v => (double)v)
            : type == typeof(double) ? await NumbersAsync<double>(v => v)
            : null;
        return values is null ? null : (values, levels);

        async Task<object?[]> NumbersAsync<T>(Func<T, object> box)
            where T : struct
        {
            if (field.MaxDefinitionLevel == 0)
            {
                var required = new T[count];
                await rows.ReadAsync(field, required.AsMemory(), levels.AsMemory(), stopping);
                return Array.ConvertAll(required, v => (object?)box(v));
            }
            var optional = new T?[count];
            await rows.ReadAsync<T>(field, optional.AsMemory(), levels.AsMemory(), stopping);
            return Array.ConvertAll(optional, v => v is { } there ? box(there) : null);
        }
    }
}
