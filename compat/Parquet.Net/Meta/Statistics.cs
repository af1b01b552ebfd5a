using Parquet.Thrift;

namespace Parquet.Meta;

/// <summary>Smallest and largest value of a column chunk (plainly encoded), and how many are null.</summary>
public sealed class Statistics
{
    public byte[]? Max { get; set; }

    public byte[]? Min { get; set; }

    public long? NullCount { get; set; }

    public long? DistinctCount { get; set; }

    public byte[]? MaxValue { get; set; }

    public byte[]? MinValue { get; set; }

    internal static Statistics Read(ref CompactReader reader)
    {
        var read = new Statistics();
        reader.Enter();
        for (short id = 0; reader.NextField(ref id, out var type);)
        {
            switch (id)
            {
                case 1: read.Max = reader.Binary(type); break;
                case 2: read.Min = reader.Binary(type); break;
                case 3: read.NullCount = reader.I64(type); break;
                case 4: read.DistinctCount = reader.I64(type); break;
                case 5: read.MaxValue = reader.Binary(type); break;
                case 6: read.MinValue = reader.Binary(type); break;
                default: reader.Skip(type); break;
            }
        }
        return read;
    }

    internal void Write(CompactWriter writer)
    {
        writer.I64(3, NullCount);
        writer.I64(4, DistinctCount);
        writer.Binary(5, MaxValue);
        writer.Binary(6, MinValue);
    }
}
