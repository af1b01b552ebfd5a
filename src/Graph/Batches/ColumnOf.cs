namespace DataflowRlhf.Graph;

/// <summary>A typed column key: <c>static readonly Column&lt;float&gt; StrengthMean = new("strength_mean")</c>.</summary>
/// <typeparam name="T">bool, int, long, float, double, string, byte[], int[], float[] or string[].</typeparam>
public sealed record Column<T>(string Name) : Column(Name, ColumnTypes.Of<T>())
{
    internal override Array NewValues(int rows) => new T[rows];

    internal override Array Pick(Array values, ReadOnlySpan<int> rows)
    {
        var source = (T[])values;
        var picked = new T[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            picked[i] = source[rows[i]];
        return picked;
    }

    public override string ToString() => base.ToString();
}

internal static class ColumnTypes
{
    private static readonly Dictionary<Type, ColumnType> Known = new()
    {
        [typeof(bool)] = ColumnType.Bool,
        [typeof(int)] = ColumnType.Int32,
        [typeof(long)] = ColumnType.Int64,
        [typeof(float)] = ColumnType.Float,
        [typeof(double)] = ColumnType.Double,
        [typeof(string)] = ColumnType.Text,
        [typeof(byte[])] = ColumnType.Binary,
        [typeof(int[])] = ColumnType.Int32List,
        [typeof(float[])] = ColumnType.FloatList,
        [typeof(string[])] = ColumnType.TextList,
    };

    public static ColumnType Of<T>() => Known.TryGetValue(typeof(T), out var type)
        ? type
        : throw new ArgumentException($"A column cannot hold {typeof(T).Name}; it can hold {string.Join(", ", Known.Keys.Select(k => k.Name))}.");
}
