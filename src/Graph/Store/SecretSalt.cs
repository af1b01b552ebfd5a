using System.Security.Cryptography;
using System.Text;

namespace DataflowRlhf.Graph;

/// <summary>
/// A store's own random bytes, in a file that its owner alone can read: a value of the environment enters keys and preimages as its HMAC with them,
/// so that a short secret cannot be guessed from a preimage. Another store has other bytes; there such a stage runs anew.
/// </summary>
internal static class SecretSalt
{
    public const string FileName = "salt";
    private const int Length = 32;

    /// <summary>What stands for a secret value in this store.</summary>
    /// <exception cref="StageException">The salt cannot be read, or is none.</exception>
    public static string Hide(string storeFolder, string value) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Of(storeFolder), Encoding.UTF8.GetBytes(value)));

    private static byte[] Of(string storeFolder)
    {
        var file = Path.Combine(storeFolder, FileName);
        try
        {
            if (!File.Exists(file))
                Make(file);
            var salt = PlainFile.ReadBytes(file, Length);
            return salt.Length == Length ? salt : throw new IOException($"it has {salt.Length} bytes, not {Length}");
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            throw new StageException($"{file}, by which values of the environment are hidden, cannot be used: {closed.Message.TrimEnd('.')}. Delete it, and the stages that use such values run anew.", closed);
        }
    }

    /// <summary>Of two that make it at once the first wins: it comes to be by one rename that replaces nothing.</summary>
    private static void Make(string file)
    {
        var making = $"{file}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var made = new FileStream(making, options))
        {
            made.Write(RandomNumberGenerator.GetBytes(Length));
            made.Flush(flushToDisk: true);
        }
        try
        {
            File.Move(making, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            File.Delete(making);
        }
    }
}
