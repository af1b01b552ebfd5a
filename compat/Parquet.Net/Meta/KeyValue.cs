using Parquet.Thrift;

namespace Parquet.Meta;

/// <summary>One entry of a file's or a column's own metadata.</summary>
public sealed class KeyValue
{
    public string Key { get; set; } = string.Empty;

    public string? Value { get; set; }

    internal static List<KeyValue> ReadAll(WireType type, ref CompactReader reader)
    {
        int count = reader.List(type, WireType.Struct);
        var all = new List<KeyValue>();
        for (int i = 0; i < count; i++) all.Add(Read(ref reader));
        return all;
    }

    internal void Write(CompactWriter writer)
    {
        writer.Text(1, Key);
        writer.Text(2, Value);
    }

    private static KeyValue Read(ref CompactReader reader)
    {
        var read = new KeyValue();
        reader.Enter();
        for (short id = 0; reader.NextField(ref id, out var type);)
        {
            switch (id)
            {
                case 1: read.Key = reader.Text(type); break;
                case 2: read.Value = reader.Text(type); break;
                default: reader.Skip(type); break;
            }
        }
        return read;
    }
}
