using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>
/// About how many rows files still hold. Rows differ in length, and those at the beginning need not be like the rest, so lines are counted at places all over the files that are plain text;
/// of others it is taken that the bytes ahead hold rows as the bytes behind did.
/// </summary>
internal sealed class RowsAhead
{
    private const int Places = 64;
    private const int BytesAPlace = 1 << 16;
    private readonly double?[] rowsAByte = new double?[Places];
    private readonly long all;

    /// <param name="files">In the order in which they are read, with their lengths.</param>
    public RowsAhead(IReadOnlyList<(string Path, long Bytes)> files)
    {
        all = files.Sum(f => f.Bytes);
        var buffer = new byte[BytesAPlace];
        var (file, before) = (0, 0L);
        for (var place = 0; place < Places && all > 0; place++)
        {
            var at = (long)((place + 0.5) / Places * all);
            while (at >= before + files[file].Bytes)
                before += files[file++].Bytes;
            if (SourceFiles.IsPlainText(files[file].Path))
                rowsAByte[place] = Count(files[file].Path, at - before, buffer);
        }
    }

    /// <param name="share">Of all bytes that were read, above 0.</param>
    /// <param name="rows">That they held.</param>
    public double Left(double share, long rows)
    {
        var (left, part) = (0.0, (double)all / Places);
        for (var place = 0; place < Places; place++)
            left += Math.Clamp(place + 1 - share * Places, 0, 1) * part * (rowsAByte[place] ?? rows / (share * all));
        return left;
    }

    private static double? Count(string file, long at, byte[] buffer)
    {
        try
        {
            if (PlainFile.Problem(file) is not null)
                return null;
            using var handle = File.OpenHandle(file);
            var read = RandomAccess.Read(handle, buffer, Math.Max(0, Math.Min(at, RandomAccess.GetLength(handle) - buffer.Length)));
            return read == 0 ? null : (double)buffer.AsSpan(0, read).Count((byte)'\n') / read;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null; // Whoever reads it says why.
        }
    }
}
