using System.Text;

namespace Parquet.Columns;

/// <summary>Encodes many texts into few large blocks of UTF-8.</summary>
internal sealed class TextArena
{
    private const int BlockBytes = 1 << 16;

    private Memory<byte> left;

    public ReadOnlyMemory<byte> Add(ReadOnlyMemory<char> text)
    {
        int most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (most > left.Length)
        {
            most = Encoding.UTF8.GetByteCount(text.Span);
            if (most > left.Length) left = new byte[Math.Max(BlockBytes, most)];
        }
        int length = Encoding.UTF8.GetBytes(text.Span, left.Span);
        var encoded = left[..length];
        left = left[length..];
        return encoded;
    }
}
