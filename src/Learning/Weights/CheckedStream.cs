using System.Buffers.Binary;
using System.Numerics;

namespace DataflowRlhf.Learning.Weights;

/// <summary>Passes bytes on, in or out, and keeps their CRC-32C.</summary>
internal sealed class CheckedStream(Stream inner) : Stream
{
    private readonly byte[] rest = new byte[8];
    private uint state = uint.MaxValue;
    private int held;

    /// <summary>The CRC-32C of all bytes so far.</summary>
    public uint Sum
    {
        get
        {
            var sum = state;
            foreach (var one in rest.AsSpan(0, held))
                sum = BitOperations.Crc32C(sum, one);
            return ~sum;
        }
    }

    public override bool CanRead => inner.CanRead;
    public override bool CanSeek => false;
    public override bool CanWrite => inner.CanWrite;
    public override long Length => inner.Length;
    public override long Position { get => inner.Position; set => throw new NotSupportedException("The sum is over the bytes in their order."); }

    /// <summary>The CRC-32C of a whole file.</summary>
    public static uint Of(string path)
    {
        using var file = File.OpenRead(path);
        var summed = new CheckedStream(file);
        var buffer = new byte[1 << 20];
        while (summed.Read(buffer) > 0)
        {
            // Reading is all.
        }
        return summed.Sum;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Add(buffer);
        inner.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        Add(buffer[..read]);
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The sum is over the bytes in their order.");

    public override void SetLength(long value) => throw new NotSupportedException("The sum is over the bytes in their order.");

    /// <summary>Eight bytes at a time, which processors have an instruction for; what does not fill eight waits for the next.</summary>
    private void Add(ReadOnlySpan<byte> bytes)
    {
        while (held > 0 && bytes.Length > 0)
        {
            rest[held++] = bytes[0];
            bytes = bytes[1..];
            if (held < 8)
                continue;
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(rest));
            held = 0;
        }
        for (; bytes.Length >= 8; bytes = bytes[8..])
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        bytes.CopyTo(rest.AsSpan(held));
        held += bytes.Length;
    }
}
