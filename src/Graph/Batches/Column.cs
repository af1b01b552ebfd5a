namespace DataflowRlhf.Graph;

/// <summary>A column's name and type: the key by which a batch is read and written.</summary>
/// <param name="Name">The name in files and messages, such as <c>strength_mean</c>.</param>
/// <param name="Type">What one cell holds.</param>
public abstract record Column(string Name, ColumnType Type)
{
    /// <summary>The type as people write it: <c>float</c>, <c>list of int32</c>.</summary>
    public string TypeName => Type switch
    {
        ColumnType.Bool => "bool",
        ColumnType.Int32 => "int32",
        ColumnType.Int64 => "int64",
        ColumnType.Float => "float",
        ColumnType.Double => "double",
        ColumnType.Text => "string",
        ColumnType.Binary => "binary",
        ColumnType.Int32List => "list of int32",
        ColumnType.FloatList => "list of float",
        _ => "list of string",
    };

    /// <summary>A column of this name whose type is known only at run time.</summary>
    public static Column Of(string name, ColumnType type) => type switch
    {
        ColumnType.Bool => new Column<bool>(name),
        ColumnType.Int32 => new Column<int>(name),
        ColumnType.Int64 => new Column<long>(name),
        ColumnType.Float => new Column<float>(name),
        ColumnType.Double => new Column<double>(name),
        ColumnType.Text => new Column<string>(name),
        ColumnType.Binary => new Column<byte[]>(name),
        ColumnType.Int32List => new Column<int[]>(name),
        ColumnType.FloatList => new Column<float[]>(name),
        _ => new Column<string[]>(name),
    };

    /// <summary>An array of <paramref name="rows"/> cells of this column's type.</summary>
    internal abstract Array NewValues(int rows);

    /// <summary>The cells at the given rows, in that order.</summary>
    internal abstract Array Pick(Array values, ReadOnlySpan<int> rows);

    public override string ToString() => $"{Name}: {TypeName}";
}
