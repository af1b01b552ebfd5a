using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DataflowRlhf.Graph;

/// <summary>SHA-256 with a length before every part, so that no two lists of parts run into the same bytes.</summary>
internal sealed class ContentDigest : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public ContentDigest Add(string text) => Add(Encoding.UTF8.GetBytes(text));

    public ContentDigest Add(ReadOnlySpan<byte> bytes)
    {
        Length(bytes.Length);
        hash.AppendData(bytes);
        return this;
    }

    /// <summary>Hexadecimal, small letters. The digest begins anew afterwards.</summary>
    public string Take() => Convert.ToHexStringLower(hash.GetHashAndReset());

    public void Dispose() => hash.Dispose();

    /// <summary>Over every file below a folder: relative names in ordinal order, and contents.</summary>
    /// <param name="onFile">Told each file's relative name and the SHA-256 of its bytes alone.</param>
    /// <param name="onRead">Told how many bytes were read, now and then; what it throws ends the reading.</param>
    public static string OfFolder(string folder, Action<string, string>? onFile = null, Action<int>? onRead = null)
    {
        using var digest = new ContentDigest();
        using var alone = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = FolderTree.Files(folder).ToList();
        files.Sort(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var name = Path.GetRelativePath(folder, file);
            digest.Add(name);
            digest.AddFile(file, onFile is null ? null : alone, onRead);
            onFile?.Invoke(name, Convert.ToHexStringLower(alone.GetHashAndReset()));
        }
        return digest.Take();
    }

    public static string OfFile(string file) => OfFile(file, null);

    /// <param name="onRead">Told how many bytes were read, now and then; what it throws ends the reading.</param>
    /// <exception cref="IOException">It cannot be read, or has more bytes than it says.</exception>
    public static string OfFile(string file, Action<int>? onRead)
    {
        using var digest = new ContentDigest();
        digest.AddFile(file, null, onRead);
        return digest.Take();
    }

    /// <summary>A text's SHA-256, as <c>sha256sum</c> tells it.</summary>
    public static string Plain(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>A file's SHA-256, as <c>sha256sum</c> tells it.</summary>
    /// <param name="onRead">Told how many bytes were read, now and then; what it throws ends the reading.</param>
    public static string PlainOfFile(string file, Action<int>? onRead = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = File.OpenRead(file);
        var buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            onRead?.Invoke(read);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void AddFile(string file, IncrementalHash? alone = null, Action<int>? onRead = null)
    {
        using var stream = File.OpenRead(file);
        Length(stream.Length);
        var buffer = new byte[1 << 16];
        var left = stream.Length;
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if ((left -= read) < 0)
                throw new IOException($"{file} has more bytes than it says, or grows while it is read.");
            hash.AppendData(buffer, 0, read);
            alone?.AppendData(buffer, 0, read);
            onRead?.Invoke(read);
        }
    }

    private void Length(long length)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        hash.AppendData(bytes);
    }
}
