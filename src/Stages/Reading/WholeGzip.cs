using System.IO.Compression;

namespace DataflowRlhf.Stages.Reading;

/// <summary>
/// Unpacks gzip, member after member, and notices when the file was cut short, which <see cref="GZipStream"/> takes for the end: a member with a mark is put
/// behind the file's bytes, and where the unpacked text does not end with the mark, the file does not end where a member does.
/// </summary>
internal sealed class WholeGzip : ForwardStream
{
    private static readonly byte[] Mark = "\nend-of-the-file"u8.ToArray();
    private static readonly byte[] MarkMember = Packed(Mark);

    private readonly Followed followed;
    private readonly byte[] held = new byte[(1 << 16) + Mark.Length];
    private int start, end;
    private bool ended;

    public WholeGzip(Stream source)
        : this(new Followed(source))
    {
    }

    private WholeGzip(Followed followed)
        : base(new GZipStream(followed, CompressionMode.Decompress)) => this.followed = followed;

    /// <exception cref="InvalidDataException">The bytes are not gzip, are damaged or cut short, or others follow them.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken stopping = default)
    {
        if (into.Length == 0)
            return 0;
        // What may be the mark is held back until more comes behind it.
        while (end - start <= Mark.Length && !ended)
        {
            held.AsSpan(start, end - start).CopyTo(held);
            (start, end) = (0, end - start);
            var read = await Source.ReadAsync(held.AsMemory(end), stopping);
            end += read;
            ended = read == 0;
        }
        if (ended && !(followed.Any && held.AsSpan(start, end - start).SequenceEqual(Mark)))
            throw new InvalidDataException(followed.Any ? "the gzip data do not end where they should; the file was cut short, or other bytes follow" : "it is empty, not even gzip");
        var given = Math.Min(into.Length, end - start - Mark.Length);
        held.AsMemory(start, given).CopyTo(into);
        start += given;
        return given;
    }

    private static byte[] Packed(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>The file's bytes, then the member with the mark.</summary>
    private sealed class Followed(Stream source) : ForwardStream(source)
    {
        private int place = -1;

        public bool Any { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken stopping = default)
        {
            if (place < 0)
            {
                var read = await Source.ReadAsync(into, stopping);
                if (read > 0 && !Any && into.Span[0] != MarkMember[0])
                    throw new InvalidDataException("it is not gzip, whatever its name says");
                Any |= read > 0;
                if (read > 0 || into.Length == 0)
                    return read;
                place = 0;
            }
            var given = Math.Min(into.Length, MarkMember.Length - place);
            MarkMember.AsMemory(place, given).CopyTo(into);
            place += given;
            return given;
        }
    }
}
