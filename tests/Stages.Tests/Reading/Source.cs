using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Reading;

namespace DataflowRlhf.Stages.Tests.Reading;

/// <summary>A folder of data files that goes with it, and readings of it.</summary>
public sealed class Source : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("source-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public string Path(string name) => System.IO.Path.Combine(Folder, name);

    /// <summary>A file of JSON lines; texts are taken as they are.</summary>
    public string File(string name, params IEnumerable<object> rows) =>
        Bytes(name, Encoding.UTF8.GetBytes(string.Concat(rows.Select(r => (r as string ?? JsonSerializer.Serialize(r)) + "\n"))));

    public string Bytes(string name, params byte[][] parts)
    {
        System.IO.File.WriteAllBytes(Path(name), [.. parts.SelectMany(p => p)]);
        return Path(name);
    }

    public static object Pair(string prompt, string chosen = "good", string rejected = "bad") => new { prompt, chosen, rejected };

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>A frame by the system's libzstd.</summary>
    public static byte[] Zstd(byte[] bytes)
    {
        var packed = new byte[ZSTD_compressBound((nuint)bytes.Length)];
        return packed[..checked((int)ZSTD_compress(packed, (nuint)packed.Length, bytes, (nuint)bytes.Length, 3))];
    }

    public static async Task<TestStageRun> Pairs(string path, Func<ReadPreferences.Options, ReadPreferences.Options>? with = null)
    {
        var run = new TestStageRun();
        var options = new ReadPreferences.Options { Path = path };
        await new ReadPreferences(with?.Invoke(options) ?? options).RunAsync(run);
        return run;
    }

    public static async Task<TestStageRun> Prompts(string path, double validation = 0.05)
    {
        var run = new TestStageRun();
        await new ReadPrompts(new ReadPrompts.Options { Path = path, Validation = validation }).RunAsync(run);
        return run;
    }

    public static async Task<string> Complaint(Func<Task> read) => (await read.Should().ThrowAsync<StageException>()).Which.Message;

    public static Task<string> Complaint(string path, Func<ReadPreferences.Options, ReadPreferences.Options>? with = null) => Complaint(() => Pairs(path, with));

    [DllImport("libzstd.so.1")]
    private static extern nuint ZSTD_compressBound(nuint size);

    [DllImport("libzstd.so.1")]
    private static extern nuint ZSTD_compress(byte[] into, nuint capacity, byte[] from, nuint size, int level);
}
