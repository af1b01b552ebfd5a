using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary>
/// A part of a journal in the making: what was made of some inputs, in their order, each under its input's digest. Only a few megabytes of it wait in memory;
/// more is written at once, and all of it counts from <see cref="CompleteAsync"/> on, when it is brought to the disk and renamed to its place.
/// </summary>
/// <param name="folder">The journal's.</param>
/// <param name="number">Its place in the order, from 0.</param>
internal sealed class JournalChunk(string folder, int number) : IAsyncDisposable
{
    private const string EntriesName = "entries.json";
    private const string Unfinished = ".tmp";
    private const long MostInMemory = 8L << 20;
    private readonly List<Entry> entries = [];
    private readonly List<Batch> waiting = [];
    private long waitingBytes;
    private DatasetWriter? writer;

    /// <param name="Rows">0: the input is made again in its place.</param>
    public sealed record Entry(string Input, int Rows, IReadOnlyList<string> Aside);

    /// <summary>How many inputs it has.</summary>
    public int Count => entries.Count;

    private string Place => PathOf(folder, number);

    public static string PathOf(string folder, int number) => Path.Combine(folder, $"{number:00000}");

    /// <summary>What a chunk holds, or null where it cannot be read.</summary>
    public static IReadOnlyList<Entry>? Read(string chunk)
    {
        try
        {
            return JsonSerializer.Deserialize<List<Entry>>(File.ReadAllText(Path.Combine(chunk, EntriesName)));
        }
        catch (Exception damaged) when (damaged is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Adds what was made of the next input; where that is nothing, or no rows, the input will be made again in its place.</summary>
    public async ValueTask AddAsync(Batch input, Made made)
    {
        entries.Add(new Entry(BatchDigest.Of(input), made.Batch?.Rows ?? 0, made.Aside));
        if (made.Batch is not { } batch)
            return;
        waiting.Add(batch);
        waitingBytes += batch.Bytes;
        if (waitingBytes >= MostInMemory)
            await WriteAsync();
    }

    /// <summary>From now on it counts.</summary>
    public async Task CompleteAsync()
    {
        await WriteAsync();
        await writer!.CompleteAsync([]);
        await File.WriteAllTextAsync(Path.Combine(Place + Unfinished, EntriesName), JsonSerializer.Serialize(entries));
        Durable.FlushTree(Place + Unfinished);
        // A kill while an older journal was being deleted may have left this chunk of it, and none before.
        if (Directory.Exists(Place))
            Directory.Delete(Place, recursive: true);
        Directory.Move(Place + Unfinished, Place);
        Durable.Flush(folder);
    }

    public ValueTask DisposeAsync() => writer?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task WriteAsync()
    {
        writer ??= new DatasetWriter(Fresh());
        foreach (var batch in waiting)
            await writer.WriteAsync(batch, CancellationToken.None);
        waiting.Clear();
        waitingBytes = 0;
    }

    private string Fresh()
    {
        Durable.MakeFolder(folder);
        var unfinished = Place + Unfinished;
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        return Directory.CreateDirectory(unfinished).FullName;
    }
}
