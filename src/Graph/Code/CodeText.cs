using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DataflowRlhf.Graph;

/// <summary>What a part of the code says, as bytes to be hashed; every word behind its length.</summary>
internal sealed class CodeText
{
    private byte[] bytes = new byte[1 << 12];
    private int length;

    public void Clear() => length = 0;

    public void Add(string word)
    {
        Room(4 + Encoding.UTF8.GetMaxByteCount(word.Length));
        var written = Encoding.UTF8.GetBytes(word, bytes.AsSpan(length + 4));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(length), written);
        length += 4 + written;
    }

    public void Add(int number)
    {
        Room(4);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(length), number);
        length += 4;
    }

    public void Add(ReadOnlySpan<byte> raw)
    {
        Add(raw.Length);
        Room(raw.Length);
        raw.CopyTo(bytes.AsSpan(length));
        length += raw.Length;
    }

    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(0, length)));

    private void Room(int more)
    {
        if (length + more > bytes.Length)
            Array.Resize(ref bytes, Math.Max(bytes.Length * 2, length + more));
    }
}
