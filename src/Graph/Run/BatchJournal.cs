namespace DataflowRlhf.Graph;

/// <summary>
/// What a stage has made of its batches so far, on disk: a stage that is killed goes on behind the last entry. Entries come in the order of the inputs, and
/// each carries its input's digest, so that other rows are never taken for these.
/// <c>00000/{part-00000.parquet, entries.json}</c>, <c>00001/</c> …; a folder comes to be by a rename when all in it is on the disk.
/// </summary>
internal sealed class BatchJournal : IAsyncDisposable
{
    /// <summary>So many inputs wait at most, whatever the clock says: batches may be many and small.</summary>
    private const int MostPending = 4096;
    private readonly string folder;
    private readonly StoreLock mine;
    private readonly TimeProvider time;
    private readonly TimeSpan every;
    private readonly IAsyncEnumerator<Recalled> kept;
    private JournalChunk? pending;
    private long flushedAt;
    private int chunks;
    private bool exhausted, off;

    private sealed record Recalled(string Input, Batch? Batch, IReadOnlyList<string> Aside);

    /// <param name="folder">Its own; may hold what an attempt before has kept.</param>
    /// <param name="mine">Held until it is closed.</param>
    /// <param name="every">How much work may be lost.</param>
    public BatchJournal(string folder, StoreLock mine, TimeProvider time, TimeSpan every)
    {
        this.folder = folder;
        this.mine = mine;
        this.time = time;
        this.every = every;
        flushedAt = time.GetTimestamp();
        kept = KeptAsync().GetAsyncEnumerator();
        exhausted = !Directory.Exists(folder);
    }

    /// <summary>What is kept of the next input, and whether it is covered: then it is not to be added again, though it must be made where it has no rows.</summary>
    public async ValueTask<(Made Made, bool Covered)> NextAsync(Batch input)
    {
        if (exhausted)
            return (new Made(null, []), false);
        if (!await kept.MoveNextAsync())
            exhausted = true;
        else if (kept.Current.Input == BatchDigest.Of(input))
            return (new Made(kept.Current.Batch, kept.Current.Aside), true);
        else
            Forget(); // Other rows than the last time.
        return (new Made(null, []), false);
    }

    /// <summary>Keeps what was made of the next input that was not covered.</summary>
    public async ValueTask AddAsync(Batch input, Made made)
    {
        if (off)
            return;
        pending ??= new JournalChunk(folder, chunks++);
        await pending.AddAsync(input, made);
        if (pending.Count >= MostPending || time.GetElapsedTime(flushedAt) >= every)
            await FlushAsync();
    }

    /// <summary>The stage is finished: nobody needs it any more.</summary>
    public void Discard()
    {
        off = true;
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Keeps what is pending and lets go.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await kept.DisposeAsync();
            if (!off)
                await FlushAsync();
            else if (pending is not null)
                await pending.DisposeAsync();
        }
        catch (Exception unkept) when (unkept is IOException or UnauthorizedAccessException or StageException)
        {
            // What is pending is made anew the next time.
        }
        mine.Dispose();
    }

    private async Task FlushAsync()
    {
        if (pending is not { } chunk)
            return;
        pending = null;
        await using (chunk)
            await chunk.CompleteAsync();
        flushedAt = time.GetTimestamp();
    }

    /// <summary>Writes a chunk; it is there when all of it is on the disk.</summary>
    /// <param name="number">The chunks' place in the order, from 0.</param>
    /// <param name="entries">Where nothing is made, or no rows, the input will be made again in its place.</param>
    public static async Task WriteAsync(string folder, int number, IReadOnlyList<(Batch Input, Made Made)> entries)
    {
        if (entries.Count == 0)
            return;
        await using var chunk = new JournalChunk(folder, number);
        foreach (var (input, made) in entries)
            await chunk.AddAsync(input, made);
        await chunk.CompleteAsync();
    }

    /// <summary>Nothing more of it is used, nor is anything added: what follows would have no place in its order.</summary>
    private void Forget()
    {
        exhausted = true;
        Discard();
    }

    /// <summary>The entries of all chunks in order, up to the first that cannot be read.</summary>
    private async IAsyncEnumerable<Recalled> KeptAsync()
    {
        for (; JournalChunk.PathOf(folder, chunks) is var chunk && Directory.Exists(chunk); chunks++)
        {
            if (JournalChunk.Read(chunk) is not { } entries)
            {
                Forget();
                yield break;
            }
            await using var batches = DatasetReader.Read(chunk, CancellationToken.None).GetAsyncEnumerator();
            foreach (var entry in entries)
            {
                if (entry.Rows > 0 && !(await MoveAsync(batches) && batches.Current.Rows == entry.Rows))
                {
                    Forget();
                    yield break;
                }
                yield return new Recalled(entry.Input, entry.Rows > 0 ? batches.Current : null, entry.Aside);
            }
        }
    }

    private static async ValueTask<bool> MoveAsync(IAsyncEnumerator<Batch> batches)
    {
        try
        {
            return await batches.MoveNextAsync();
        }
        catch (StageException)
        {
            return false;
        }
    }
}
