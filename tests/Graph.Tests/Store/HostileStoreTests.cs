using System.Text;
using DataflowRlhf.Graph.Tests.Pipeline;
using DataflowRlhf.Graph.Tests.Run;

namespace DataflowRlhf.Graph.Tests.Store;

/// <summary>A store whose files were damaged: it is read without a hang, a crash or a giant allocation, and what cannot be read is said or made anew.</summary>
public sealed class HostileStoreTests : IDisposable
{
    private const string Stages = "  words: { uses: some-words, with: { count: 50 } }\n  lengths: { uses: some-lengths, from: words, with: { scale: SCALE } }\n";
    private const long MostBytes = 600L << 20;
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    private string Artifact => Directory.EnumerateDirectories(Path.Combine(graph.StoreFolder, "artifacts"), "*", SearchOption.AllDirectories)
        .Single(d => File.Exists(Path.Combine(d, "record.json")) && File.ReadAllText(Path.Combine(d, "record.json")).Contains("\"some-words\""));

    private static IEnumerable<byte[]> Damaged(byte[] good)
    {
        foreach (var text in (string[])["", "null", "[]", "{}", "1e999", "{\"format\":1}", "{\"a\":null}", "{\"a\":1,\"a\":2}", new string('[', 100_000), "\n\n"])
            yield return Encoding.UTF8.GetBytes(text);
        for (var i = 1; i < 8; i++)
            yield return good[..(good.Length * i / 8)];
        foreach (var place in (int[])[0, good.Length / 2, Math.Max(0, good.Length - 8)])
        {
            var claim = (byte[])good.Clone();
            BitConverter.GetBytes(1L << 62).AsSpan(0, Math.Min(8, good.Length - place)).CopyTo(claim.AsSpan(place));
            yield return claim;
        }
        var random = new Random(16);
        for (var i = 0; i < 16; i++)
        {
            var flipped = (byte[])good.Clone();
            flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
            yield return flipped;
        }
    }

    /// <summary>Plans and runs what feeds from the damaged artifact; the message of a run that failed, or null.</summary>
    private async Task<string?> UseAsync(int scale, string what)
    {
        var before = GC.GetTotalAllocatedBytes();
        var stages = Stages.Replace("SCALE", $"{scale}");
        var result = (await graph.RunAsync(stages)).Result;
        if (result.Message is { } message)
            message.Length.Should().BeGreaterThan(10, what);
        (result.Message ?? "").Should().NotContain("Exception", what).And.NotContain("   at ", what);
        using var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        foreach (var made in result.Artifacts.Values)
            try
            {
                store.Metrics(made).Count().Should().BeGreaterThanOrEqualTo(0);
            }
            catch (StageException said)
            {
                said.Message.Should().Contain("metrics.jsonl", what);
            }
        (GC.GetTotalAllocatedBytes() - before).Should().BeLessThan(MostBytes, what);
        return result.Message;
    }

    [Theory]
    [InlineData("record.json")]
    [InlineData("preimage.json")]
    [InlineData("metrics.jsonl")]
    [InlineData("files/part-00000.parquet")]
    public async Task A_damaged_file_is_told_or_made_anew(string name)
    {
        (await graph.RunAsync(Stages.Replace("SCALE", "1"))).Done();
        var file = Path.Combine(Artifact, name);
        if (name == "metrics.jsonl")
            await File.WriteAllTextAsync(file, "{\"name\":\"loss\",\"step\":1,\"value\":0.5}\n{\"name\":\"loss\",\"step\":2,\"value\":\"NaN\"}\n");
        if (name.StartsWith("files", StringComparison.Ordinal))
            file = Directory.EnumerateFiles(Path.GetDirectoryName(file)!, "part-*.parquet").Single();
        var good = await File.ReadAllBytesAsync(file);
        var scale = 1;
        foreach (var bytes in Damaged(good))
        {
            await File.WriteAllBytesAsync(file, bytes);
            await UseAsync(++scale, $"{name}, damage {scale - 1}");
            await File.WriteAllBytesAsync(file, good);
        }
        (await UseAsync(++scale, "mended")).Should().BeNull();
    }
}
