using System.Diagnostics;
using System.Text.Json;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Bench;

/// <summary>What a run that nobody disturbs leaves, and how long it takes: what every other run is held against.</summary>
/// <param name="Artifacts">Key → digest of the content, and of summary and curves.</param>
/// <param name="Length">From the start of the process to its end.</param>
internal sealed record Undisturbed(string Pipeline, IReadOnlyDictionary<string, string> Artifacts, TimeSpan Length)
{
    public static async Task<Undisturbed> RunAsync(string pipeline, string folder)
    {
        var store = Path.Combine(Directory.CreateDirectory(folder).FullName, "store");
        var clock = Stopwatch.StartNew();
        using var run = Victim.Start(pipeline, store, often: false);
        var (exit, error) = await run.Ended;
        return exit == 0 ? new Undisturbed(pipeline, ArtifactsOf(store), clock.Elapsed) : throw new InvalidOperationException($"The undisturbed run ended with {exit}: {run.Message} {error}");
    }

    /// <summary>What is wrong with a store whose last run ended well; empty: nothing.</summary>
    public IEnumerable<string> Differences(string store)
    {
        var now = ArtifactsOf(store);
        foreach (var (key, digest) in Artifacts)
            if (!now.TryGetValue(key, out var other))
                yield return $"artifact {key} is missing";
            else if (other != digest)
                yield return $"artifact {key} has other bytes";
        foreach (var key in now.Keys.Where(k => !Artifacts.ContainsKey(k)))
            yield return $"artifact {key} is one too many";
        foreach (var inner in (string[])["tmp", "checkpoints"])
            foreach (var left in Directory.EnumerateFileSystemEntries(Path.Combine(store, inner)))
                yield return $"{inner}/{Path.GetFileName(left)} is left over";
        foreach (var fault in Faults(store))
            yield return fault;
    }

    /// <summary>What <c>rlhf verify</c> finds.</summary>
    public static IEnumerable<string> Faults(string store) =>
        !Directory.Exists(Path.Combine(store, "artifacts")) ? [] : StoreCheck.Of(store, null, CancellationToken.None).Faults.Select(f => $"verify: {Path.GetFileName(f.Folder)} {f.Stage}: {f.What}");

    /// <summary>Read as anybody would: the store is not opened, so that nothing is cleared away.</summary>
    public static Dictionary<string, string> ArtifactsOf(string store)
    {
        var root = Path.Combine(store, "artifacts");
        return !Directory.Exists(root) ? [] : Directory.EnumerateFiles(root, "record.json", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetFileName(Path.GetDirectoryName(f)!), Digests);
    }

    private static string Digests(string file)
    {
        try
        {
            using var record = JsonDocument.Parse(File.ReadAllText(file));
            return $"{record.RootElement.GetProperty("digest").GetString()} {record.RootElement.GetProperty("facts-digest").GetString()}";
        }
        catch (JsonException)
        {
            return "unreadable";
        }
    }
}
