namespace DataflowRlhf.Graph;

/// <summary>A numbered slice of a table: named, typed columns of equal length. Immutable: nobody writes into an array once it is in a batch.</summary>
public sealed class Batch
{
    private readonly Dictionary<string, (Column Column, Array Values)> columns;
    private readonly List<Column> order;

    private Batch(long number, int rows, List<Column> order, Dictionary<string, (Column, Array)> columns)
    {
        Number = number;
        Rows = rows;
        this.order = order;
        this.columns = columns;
    }

    /// <summary>A batch of no columns yet; add them by <see cref="With{T}"/>.</summary>
    public static Batch Of(long number, int rows) => new(number, rows, [], []);

    /// <summary>Its place in the stream, from 0.</summary>
    public long Number { get; }

    public int Rows { get; }

    /// <summary>The columns in their order.</summary>
    public IReadOnlyList<Column> Columns => order;

    public bool Has(string name) => columns.ContainsKey(name);

    public bool Has(Column column) => columns.TryGetValue(column.Name, out var found) && found.Column.Type == column.Type;

    /// <summary>The cells of a column, one a row. Read only.</summary>
    /// <exception cref="StageException">The batch has no such column, or one of another type.</exception>
    public T[] Get<T>(Column<T> column)
    {
        if (!columns.TryGetValue(column.Name, out var found))
            throw new StageException($"There is no column '{column.Name}' here, only {string.Join(", ", order.Select(c => c.Name))}.");
        return found.Values as T[]
            ?? throw new StageException($"Column '{column.Name}' holds {found.Column.TypeName}, but {column.TypeName} is needed.");
    }

    /// <summary>The cells of a column whose type is known only at run time.</summary>
    public Array Values(Column column) => columns[column.Name].Values;

    /// <summary>This batch with a column added, or replaced where the name is taken.</summary>
    public Batch With<T>(Column<T> column, T[] values) => WithValues(column, values);

    /// <summary>As <see cref="With{T}"/>, for a column whose type is known only at run time.</summary>
    public Batch WithValues(Column column, Array values)
    {
        if (values.Length != Rows)
            throw new ArgumentException($"Column '{column.Name}' has {values.Length} cells; the batch has {Rows} rows.");
        var copy = new Dictionary<string, (Column, Array)>(columns) { [column.Name] = (column, values) };
        var names = new List<Column>(order.Count + 1);
        var replaced = false;
        foreach (var old in order)
        {
            replaced |= old.Name == column.Name;
            names.Add(old.Name == column.Name ? column : old);
        }
        if (!replaced)
            names.Add(column);
        return new Batch(Number, Rows, names, copy);
    }

    public Batch Without(params ReadOnlySpan<string> names)
    {
        var copy = new Dictionary<string, (Column, Array)>(columns);
        foreach (var name in names)
            copy.Remove(name);
        return new Batch(Number, Rows, order.Where(c => copy.ContainsKey(c.Name)).ToList(), copy);
    }

    /// <summary>The given rows, in the given order, of every column.</summary>
    public Batch Select(ReadOnlySpan<int> rows)
    {
        var copy = new Dictionary<string, (Column, Array)>(columns.Count);
        foreach (var (name, (column, values)) in columns)
            copy[name] = (column, column.Pick(values, rows));
        return new Batch(Number, rows.Length, order, copy);
    }

    /// <summary>The same rows under another number.</summary>
    public Batch Numbered(long number) => new(number, Rows, order, columns);

    /// <summary>Roughly the memory its cells take, in bytes: what a bounded edge counts.</summary>
    public long Bytes => bytes ??= columns.Values.Sum(c => BatchSize.Of(c.Values));
    private long? bytes;
}

internal static class BatchSize
{
    private const int Reference = 24; // an object's header, length and the pointer to it

    public static long Of(Array values) => values switch
    {
        bool[] v => v.Length,
        int[] v => 4L * v.Length,
        float[] v => 4L * v.Length,
        long[] v => 8L * v.Length,
        double[] v => 8L * v.Length,
        string[] v => v.Sum(s => Reference + 2L * (s?.Length ?? 0)),
        byte[][] v => v.Sum(b => Reference + (b?.LongLength ?? 0)),
        int[][] v => v.Sum(b => Reference + 4L * (b?.Length ?? 0)),
        float[][] v => v.Sum(b => Reference + 4L * (b?.Length ?? 0)),
        string[][] v => v.Sum(b => Reference + (b?.Sum(s => Reference + 2L * (s?.Length ?? 0)) ?? 0)),
        _ => 0,
    };
}
