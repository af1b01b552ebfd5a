using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace DataflowRlhf.Stages.Judging;

/// <summary>
/// Answers kept by what was asked: <c>answers/&lt;first two&gt;/&lt;hash&gt;.json</c> beside the store's artifacts. Only the verdict is kept, no prompt, no reply.
/// A file comes to be by rename, so a kill or a second process leaves whole files; one that cannot be read is asked again.
/// </summary>
internal sealed class AnswerCache(string folder, Action<string> warn)
{
    private readonly ConcurrentDictionary<string, bool> corrupt = new();

    private sealed record Entry(string Key, Verdict Verdict);

    /// <summary>A question's name: SHA-256 over endpoint, model, what is sent beside the text, and the text, each behind its length.</summary>
    public static string Key(Endpoint endpoint, JudgeOptions options, string question)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in new[] { endpoint.Base, endpoint.Model, FormattableString.Invariant($"{JudgePrompt.Version} {options.JudgeTemperature} {options.JudgeMaxTokens}"), question })
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.LongLength));
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>What was answered, or null. A damaged entry counts as none, with one warning.</summary>
    public Verdict? Find(string key)
    {
        try
        {
            if (JsonSerializer.Deserialize<Entry>(File.ReadAllBytes(FileOf(key))) is { } entry && entry.Key == key && Enum.IsDefined(entry.Verdict))
                return entry.Verdict;
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException)
        {
            // told below
        }
        if (corrupt.TryAdd(key, true))
            warn($"{folder} holds answers that are damaged; these questions are asked again.");
        return null;
    }

    /// <summary>Keeps an answer.</summary>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Keep(string key, Verdict verdict)
    {
        var file = FileOf(key);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var making = $"{file}.{Path.GetRandomFileName()}.tmp";
        try
        {
            using (var stream = new FileStream(making, FileMode.CreateNew))
            {
                JsonSerializer.Serialize(stream, new Entry(key, verdict));
                stream.Flush(flushToDisk: true);
            }
            File.Move(making, file, overwrite: true);
        }
        catch
        {
            File.Delete(making);
            throw;
        }
    }

    private string FileOf(string key) => Path.Combine(folder, key[..2], $"{key[2..]}.json");
}
