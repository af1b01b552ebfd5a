using System.Buffers;
using System.Text;

namespace Parquet.Thrift;

/// <summary>Writes Thrift's compact protocol.</summary>
internal sealed class CompactWriter(IBufferWriter<byte> output)
{
    private readonly Stack<short> outer = new();
    private short last;

    public void Begin()
    {
        outer.Push(last);
        last = 0;
    }

    public void End()
    {
        Put(0);
        last = outer.Pop();
    }

    public void Bool(short id, bool? value)
    {
        if (value is { } v) Head(id, v ? WireType.True : WireType.False);
    }

    public void I32(short id, int? value)
    {
        if (value is not { } v) return;
        Head(id, WireType.I32);
        Varint(ZigZag(v));
    }

    public void I64(short id, long? value)
    {
        if (value is not { } v) return;
        Head(id, WireType.I64);
        Varint(ZigZag(v));
    }

    public void I8(short id, int value)
    {
        Head(id, WireType.Byte);
        Put((byte)value);
    }

    public void Text(short id, string? value)
    {
        if (value != null) Binary(id, Encoding.UTF8.GetBytes(value));
    }

    public void Binary(short id, byte[]? value)
    {
        if (value == null) return;
        Head(id, WireType.Binary);
        Bytes(value);
    }

    /// <summary>A struct without fields, as logical types have them.</summary>
    public void Empty(short id)
    {
        Head(id, WireType.Struct);
        Put(0);
    }

    public void Struct(short id, Action<CompactWriter>? write)
    {
        if (write == null) return;
        Head(id, WireType.Struct);
        Begin();
        write(this);
        End();
    }

    public void Structs<T>(short id, IReadOnlyCollection<T>? items, Action<CompactWriter, T> write)
    {
        if (items == null) return;
        ListHead(id, WireType.Struct, items.Count);
        foreach (var item in items)
        {
            Begin();
            write(this, item);
            End();
        }
    }

    public void Texts(short id, IReadOnlyCollection<string> items)
    {
        ListHead(id, WireType.Binary, items.Count);
        foreach (string item in items) Bytes(Encoding.UTF8.GetBytes(item));
    }

    public void Numbers(short id, IReadOnlyCollection<int> items)
    {
        ListHead(id, WireType.I32, items.Count);
        foreach (int item in items) Varint(ZigZag(item));
    }

    private void ListHead(short id, WireType element, int count)
    {
        Head(id, WireType.List);
        if (count < 15)
        {
            Put((byte)(count << 4 | (int)element));
            return;
        }
        Put((byte)(0xf0 | (int)element));
        Varint((ulong)count);
    }

    private void Head(short id, WireType type)
    {
        int delta = id - last;
        if (delta is > 0 and < 16) Put((byte)(delta << 4 | (int)type));
        else
        {
            Put((byte)type);
            Varint(ZigZag(id));
        }
        last = id;
    }

    private void Bytes(byte[] value)
    {
        Varint((ulong)value.Length);
        output.Write(value);
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7) Put((byte)(value | 0x80));
        Put((byte)value);
    }

    private void Put(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private static ulong ZigZag(long value) => (ulong)(value << 1 ^ value >> 63);
}
