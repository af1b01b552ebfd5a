namespace DataflowRlhf.Graph;

/// <summary>A finished dataset through the same kind of pipe as a stream: read ahead only as far as the pipe allows.</summary>
internal static class Replay
{
    /// <param name="edge">From the store to the reader.</param>
    public static async IAsyncEnumerable<Batch> Follow(ArtifactStore store, ArtifactRecord artifact, Edge edge, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stopping = default)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var pumped = PumpAsync(store, artifact, edge, enough.Token);
        try
        {
            await foreach (var batch in edge.ReadAllAsync(enough.Token))
                yield return batch;
        }
        finally
        {
            await enough.CancelAsync();
            if (!pumped.IsFaulted)
                await pumped.ContinueWith(_ => { }, TaskScheduler.Default);
        }
        await pumped;
    }

    private static async Task PumpAsync(ArtifactStore store, ArtifactRecord artifact, Edge edge, CancellationToken cancel)
    {
        await Task.Yield();
        try
        {
            await foreach (var batch in store.Read(artifact, cancel))
                await edge.SendAsync(batch, cancel);
            edge.Complete();
        }
        catch (Exception problem)
        {
            edge.Fault(problem);
            throw;
        }
    }
}
