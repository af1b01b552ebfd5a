using System.Buffers.Binary;

namespace Parquet;

/// <summary>What the reader and the writer have in common: a stream with a Parquet file.</summary>
public class ParquetActor
{
    internal static readonly byte[] Magic = "PAR1"u8.ToArray();

    internal const int TailBytes = 8;

    internal ParquetActor(Stream stream) => Stream = stream;

    protected Stream Stream { get; }

    /// <summary>Looks for the marks at both ends of the file.</summary>
    /// <exception cref="IOException">They are not there.</exception>
    protected async Task ValidateFileAsync() => await FooterLengthAsync(CancellationToken.None).ConfigureAwait(false);

    /// <summary>The length of the footer, after both marks have been seen.</summary>
    private protected async Task<int> FooterLengthAsync(CancellationToken cancellationToken)
    {
        if (!Stream.CanSeek) throw new ArgumentException("A Parquet file is read from its end: give a stream that can seek, e.g. copy this one into a MemoryStream.");
        long length = Stream.Length;
        if (length < Magic.Length + TailBytes) throw NotParquet($"it has {length} bytes, and {Magic.Length + TailBytes} are the least");
        byte[] marks = new byte[Magic.Length + TailBytes];
        Stream.Position = 0;
        await Stream.ReadExactlyAsync(marks.AsMemory(0, Magic.Length), cancellationToken).ConfigureAwait(false);
        Stream.Position = length - TailBytes;
        await Stream.ReadExactlyAsync(marks.AsMemory(Magic.Length), cancellationToken).ConfigureAwait(false);
        if (marks.AsSpan()[^4..].SequenceEqual("PARE"u8)) throw NotParquet("its footer is encrypted (PARE), which is not read; write it without encryption");
        if (!marks.AsSpan(0, 4).SequenceEqual(Magic)) throw NotParquet("it does not begin with PAR1");
        if (!marks.AsSpan()[^4..].SequenceEqual(Magic)) throw NotParquet("it does not end with PAR1; it may have been cut off");
        uint footer = BinaryPrimitives.ReadUInt32LittleEndian(marks.AsSpan(Magic.Length));
        if (footer == 0 || footer > length - Magic.Length - TailBytes) throw NotParquet($"its footer of {footer} bytes does not fit into its {length} bytes");
        return (int)footer;
    }

    private static IOException NotParquet(string why) => new($"Not a Parquet file: {why}.");
}
