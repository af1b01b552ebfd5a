using Parquet.Thrift;

namespace Parquet.Meta;

/// <summary>What a stored value means, with its parameters.</summary>
public sealed record LogicalType(LogicalKind Kind)
{
    /// <summary>Digits in all, and digits after the point (decimals).</summary>
    public int Precision { get; init; }

    public int Scale { get; init; }

    /// <summary>The unit, and whether the moments are UTC (times and timestamps).</summary>
    public TimeUnit Unit { get; init; }

    public bool IsAdjustedToUTC { get; init; }

    /// <summary>Bits and sign (integers).</summary>
    public int BitWidth { get; init; }

    public bool IsSigned { get; init; }

    internal static LogicalType? Read(ref CompactReader reader)
    {
        LogicalType? read = null;
        reader.Enter();
        for (short id = 0; reader.NextField(ref id, out var type);)
        {
            if (type != WireType.Struct || !Enum.IsDefined((LogicalKind)id)) reader.Skip(type);
            else read = Inner((LogicalKind)id, ref reader);
        }
        return read;
    }

    internal void Write(CompactWriter writer)
    {
        switch (Kind)
        {
            case LogicalKind.DECIMAL:
                writer.Struct(5, w => { w.I32(1, Scale); w.I32(2, Precision); });
                break;
            case LogicalKind.TIME or LogicalKind.TIMESTAMP:
                writer.Struct((short)Kind, w => { w.Bool(1, IsAdjustedToUTC); w.Struct(2, u => u.Empty((short)Unit)); });
                break;
            case LogicalKind.INTEGER:
                writer.Struct(10, w => { w.I8(1, BitWidth); w.Bool(2, IsSigned); });
                break;
            default:
                writer.Empty((short)Kind);
                break;
        }
    }

    private static LogicalType Inner(LogicalKind kind, ref CompactReader reader)
    {
        var read = new LogicalType(kind);
        reader.Enter();
        for (short id = 0; reader.NextField(ref id, out var type);)
        {
            switch (kind, id)
            {
                case (LogicalKind.DECIMAL, 1): read = read with { Scale = reader.I32(type) }; break;
                case (LogicalKind.DECIMAL, 2): read = read with { Precision = reader.I32(type) }; break;
                case (LogicalKind.TIME or LogicalKind.TIMESTAMP, 1): read = read with { IsAdjustedToUTC = reader.Bool(type) }; break;
                case (LogicalKind.TIME or LogicalKind.TIMESTAMP, 2): read = read with { Unit = ReadUnit(type, ref reader) }; break;
                case (LogicalKind.INTEGER, 1): read = read with { BitWidth = reader.I8(type) }; break;
                case (LogicalKind.INTEGER, 2): read = read with { IsSigned = reader.Bool(type) }; break;
                default: reader.Skip(type); break;
            }
        }
        return read;
    }

    private static TimeUnit ReadUnit(WireType type, ref CompactReader reader)
    {
        reader.Struct(type);
        TimeUnit unit = 0;
        reader.Enter();
        for (short id = 0; reader.NextField(ref id, out var inner);)
        {
            unit = (TimeUnit)id;
            reader.Skip(inner);
        }
        return Enum.IsDefined(unit) ? unit : throw reader.Broken($"has the unknown time unit {(int)unit}");
    }
}
