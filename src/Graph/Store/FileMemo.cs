using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>Digests of input files, read again only where a file is not as it was: by length, inode, time of change, and the time at which anything of it changed, which no copying tool sets back.</summary>
internal static class FileMemo
{
    private const int Attempts = 3;

    /// <summary>A clock's step: what changed later than this ago may change again without a trace.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    /// <param name="onRead">Told the file, the bytes read and all that it has.</param>
    /// <exception cref="IOException">It is no plain file, or changes while it is read.</exception>
    public static string Digest(string path, StoreIndex index, TimeProvider time, Action<string, long, long>? onRead)
    {
        for (var attempt = 1; ; attempt++)
        {
            var before = FileState.Of(path);
            // A pipe would wait for a writer, and a device may have no end.
            if (!before.IsPlain)
                throw new IOException($"{path} is a {before.Kind}, not a plain file.");
            var state = string.Create(CultureInfo.InvariantCulture, $"{before.Bytes} {before.Inode} {before.Changed} {before.Touched}");
            if (index.KnownDigest(path, state) is { } known)
                return known;
            var done = 0L;
            var digest = ContentDigest.OfFile(path, read => onRead?.Invoke(path, done += read, before.Bytes));
            if (FileState.Of(path) == before)
            {
                if (time.GetUtcNow() - DateTimeOffset.UnixEpoch - TimeSpan.FromTicks(before.Touched / 100) > Settled)
                    index.KeepDigest(path, state, digest);
                return digest;
            }
            if (attempt == Attempts)
                throw new IOException($"{path} changes while it is read. Run again when it is whole.");
        }
    }
}
