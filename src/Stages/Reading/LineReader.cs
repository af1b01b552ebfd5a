using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>The lines of a UTF-8 text as bytes. Ends are LF or CRLF; a byte order mark is passed over. A line longer than the limit is never held whole.</summary>
/// <param name="bytes">What is read.</param>
/// <param name="path">Its name in messages.</param>
/// <param name="limit">The longest line, in bytes.</param>
internal sealed class LineReader(Stream bytes, string path, int limit = LineReader.Limit)
{
    public const int Limit = 64 << 20;

    private byte[] buffer = new byte[1 << 16];
    private int start, end;
    private bool ended, begun;

    /// <summary>The line last given, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Bytes that were read ahead of the line last given.</summary>
    public int Held => end - start;

    /// <summary>The next line without its end, good until the next call; null: there is none.</summary>
    /// <exception cref="StageException">The line is too long, the bytes are damaged, or the text is UTF-16.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken stopping)
    {
        var searched = 0;
        while (true)
        {
            var at = buffer.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n');
            var length = at >= 0 ? searched + at : end - start;
            if (length > limit)
                throw new StageException($"{path}:{Number + 1}: this line is longer than {limit >> 20} MiB. Each line is one row: write the rows apart, or leave the long one out.");
            if (at < 0 && !ended)
            {
                searched = length;
                await FillAsync(stopping);
                continue;
            }
            if (at < 0 && length == 0)
                return null;
            var line = buffer.AsMemory(start, length);
            start += at >= 0 ? length + 1 : length;
            Number++;
            return line.Span.EndsWith("\r"u8) ? line[..^1] : line;
        }
    }

    private async ValueTask FillAsync(CancellationToken stopping)
    {
        var held = end - start;
        if (start > 0)
            buffer.AsSpan(start, held).CopyTo(buffer);
        (start, end) = (0, held);
        if (held == buffer.Length)
            Array.Resize(ref buffer, (int)Math.Min(2L * held, (long)limit + (1 << 16)));
        try
        {
            // The first bytes come together, so that a mark among them is seen.
            do
            {
                var read = await bytes.ReadAsync(buffer.AsMemory(end), stopping);
                end += read;
                ended = read == 0;
            }
            while (!begun && end < 3 && !ended);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new StageException($"{path}: cannot be read beyond line {Number}: {e.Message.TrimEnd('.')}.", e);
        }
        if (begun)
            return;
        begun = true;
        if (buffer.AsSpan(0, end).StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || buffer.AsSpan(0, end).StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
            throw new StageException($"{path}: this is UTF-16; JSON lines are UTF-8. Write it again:  iconv -f UTF-16 -t UTF-8");
        start = buffer.AsSpan(0, end).StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? 3 : 0;
    }
}
