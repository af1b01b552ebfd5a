using System.Text;

namespace Parquet.Thrift;

/// <summary>
/// Reads Thrift's compact protocol from bytes that nobody vouches for: no size is believed beyond the bytes that are there, and
/// nesting ends at <see cref="DeepestNesting"/>. Everything that is wrong is a <see cref="ParquetException"/>.
/// </summary>
internal ref struct CompactReader(ReadOnlySpan<byte> data, string what)
{
    public const int DeepestNesting = 64;

    private readonly ReadOnlySpan<byte> data = data;
    private readonly string what = what;
    private int depth;

    /// <summary>How many bytes have been read.</summary>
    public int Position { get; private set; }

    private readonly int Left => data.Length - Position;

    /// <summary>Begins a struct; the caller then loops over <see cref="NextField"/>, which ends it.</summary>
    public void Enter()
    {
        if (++depth > DeepestNesting) throw Broken($"nests deeper than {DeepestNesting} levels");
    }

    /// <summary>The next field's number (added to <paramref name="id"/>) and type; false at the end of the struct.</summary>
    public bool NextField(ref short id, out WireType type)
    {
        byte head = Byte();
        type = (WireType)(head & 0x0f);
        if (type == WireType.Stop)
        {
            depth--;
            return false;
        }
        if (type > WireType.Struct) throw Broken($"has a field of the unknown type {(int)type}");
        int delta = head >> 4;
        id = delta != 0 ? checked((short)Math.Min(id + delta, short.MaxValue)) : unchecked((short)ZigZag(Varint()));
        return true;
    }

    public bool Bool(WireType type) => type switch
    {
        WireType.True => true,
        WireType.False => false,
        _ => throw Mismatch(type, "a boolean"),
    };

    public int I32(WireType type)
    {
        if (type != WireType.I32) throw Mismatch(type, "a 32-bit integer");
        long value = ZigZag(Varint());
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Broken($"has the number {value} where 32 bits should suffice");
    }

    public int I16(WireType type)
    {
        if (type != WireType.I16) throw Mismatch(type, "a 16-bit integer");
        return unchecked((short)ZigZag(Varint()));
    }

    public int I8(WireType type) => type == WireType.Byte ? unchecked((sbyte)Byte()) : throw Mismatch(type, "a byte");

    public long I64(WireType type) => type == WireType.I64 ? ZigZag(Varint()) : throw Mismatch(type, "a 64-bit integer");

    public byte[] Binary(WireType type) => type == WireType.Binary ? Bytes().ToArray() : throw Mismatch(type, "bytes");

    public string Text(WireType type) => type == WireType.Binary ? Encoding.UTF8.GetString(Bytes()) : throw Mismatch(type, "a string");

    public void Struct(WireType type)
    {
        if (type != WireType.Struct) throw Mismatch(type, "a struct");
    }

    /// <summary>Begins a list of <paramref name="element"/>s; its length is at most the bytes that are left.</summary>
    public int List(WireType type, WireType element)
    {
        if (type != WireType.List) throw Mismatch(type, "a list");
        int count = ListHead(out var actual);
        if (count > 0 && actual != element) throw Mismatch(actual, $"a list of {element}");
        return count;
    }

    /// <summary>Passes over a field whose number we do not know.</summary>
    public void Skip(WireType type)
    {
        switch (type)
        {
            case WireType.True or WireType.False:
                break;
            case WireType.Byte:
                Byte();
                break;
            case WireType.I16 or WireType.I32 or WireType.I64:
                Varint();
                break;
            case WireType.Double:
                Take(8);
                break;
            case WireType.Binary:
                Bytes();
                break;
            case WireType.List or WireType.Set:
                SkipList();
                break;
            case WireType.Map:
                SkipMap();
                break;
            case WireType.Struct:
                Enter();
                for (short id = 0; NextField(ref id, out var inner);) Skip(inner);
                break;
            default:
                throw Broken($"has a value of the unknown type {(int)type}");
        }
    }

    public readonly ParquetException Broken(string how) => new($"{what} {how} (byte {Position} of {data.Length}). The file is damaged; write it again.");

    private void SkipList()
    {
        Enter();
        int count = ListHead(out var element);
        for (int i = 0; i < count; i++) SkipElement(element);
        depth--;
    }

    private void SkipMap()
    {
        Enter();
        int count = Count(Varint());
        if (count > 0)
        {
            byte types = Byte();
            for (int i = 0; i < count; i++)
            {
                SkipElement((WireType)(types >> 4));
                SkipElement((WireType)(types & 0x0f));
            }
        }
        depth--;
    }

    /// <summary>A boolean takes a byte of its own inside a list.</summary>
    private void SkipElement(WireType type)
    {
        if (type is WireType.True or WireType.False) Byte();
        else Skip(type);
    }

    private int ListHead(out WireType element)
    {
        byte head = Byte();
        element = (WireType)(head & 0x0f);
        int count = head >> 4;
        return Count(count == 15 ? Varint() : (ulong)count);
    }

    /// <summary>Every element takes a byte at least.</summary>
    private readonly int Count(ulong claimed) =>
        claimed <= (ulong)Left ? (int)claimed : throw Broken($"says it has a list of {claimed} elements, but only {Left} bytes follow");

    private ReadOnlySpan<byte> Bytes()
    {
        ulong length = Varint();
        return length <= (ulong)Left ? Take((int)length) : throw Broken($"says it has a string of {length} bytes, but only {Left} follow");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Left) throw Broken("ends too early");
        var taken = data.Slice(Position, count);
        Position += count;
        return taken;
    }

    private byte Byte() => Position < data.Length ? data[Position++] : throw Broken("ends too early");

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
        throw Broken("has a number that does not end");
    }

    private static long ZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    private readonly ParquetException Mismatch(WireType type, string wanted) => Broken($"has {type} where {wanted} belongs");
}
