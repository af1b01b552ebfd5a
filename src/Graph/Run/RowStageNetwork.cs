using System.Threading.Tasks.Dataflow;

namespace DataflowRlhf.Graph;

/// <summary>Maps batches side by side and sends them on in their order; what an attempt before this one mapped is not mapped again.</summary>
internal static class RowStageNetwork
{
    private sealed record Work(Batch Input, Made Made, bool Covered);

    public static async Task RunAsync(RowStage stage, StageRun run, int parallel)
    {
        await stage.PrepareAsync(run);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(run.Stopping);
        // Capacity above the parallelism: one slow batch must not stop the others (an ordered block counts finished ones too).
        var block = new TransformBlock<Work, Work>(work => work.Made.Batch is null ? work with { Made = Map(stage, work.Input, run) } : work, new ExecutionDataflowBlockOptions
        {
            MaxDegreeOfParallelism = parallel,
            BoundedCapacity = 2 * parallel + 2,
            EnsureOrdered = true,
            CancellationToken = failed.Token,
        });
        var fed = FeedAsync(stage, run, block, failed.Token);
        var mapped = 0L;
        try
        {
            while (await block.OutputAvailableAsync(failed.Token))
                while (block.TryReceive(out var work))
                {
                    await run.KeepAsync(work.Input, work.Made, work.Covered);
                    await run.EmitAsync(work.Made.Batch!);
                    mapped++;
                }
            await block.Completion;
        }
        catch
        {
            await failed.CancelAsync();
            await block.Completion.ContinueWith(_ => { }, TaskScheduler.Default); // No map outlives its stage.
            await ThrowCause(block, fed);
            throw;
        }
        if (await fed is var count && count != mapped)
            throw new InvalidOperationException($"{run.Name} mapped {mapped} batches of {count}.");
    }

    private static async Task<long> FeedAsync(RowStage stage, StageRun run, TransformBlock<Work, Work> block, CancellationToken stopping)
    {
        var count = 0L;
        try
        {
            await foreach (var batch in run.Read(stage.Ports.Inputs[0].Name))
            {
                var (made, covered) = await run.RecallAsync(batch);
                if (!await block.SendAsync(new Work(batch, made, covered), stopping))
                    break;
                count++;
            }
            block.Complete();
        }
        catch (Exception problem)
        {
            ((IDataflowBlock)block).Fault(problem);
            throw;
        }
        return count;
    }

    /// <summary>A cancellation that nobody asked for would drop the batch in silence: it is a fault.</summary>
    private static Made Map(RowStage stage, Batch batch, StageRun run)
    {
        try
        {
            return run.Make(() => stage.Map(batch, run));
        }
        catch (OperationCanceledException foreign) when (!run.Stopping.IsCancellationRequested)
        {
            throw new InvalidOperationException($"Something in '{run.Name}' was cancelled: {foreign.Message}", foreign);
        }
    }

    /// <summary>The first cause, rather than the cancellation that followed from it. A feeder that waits for its producer is left to the run's end.</summary>
    private static async Task ThrowCause(TransformBlock<Work, Work> block, Task fed)
    {
        _ = fed.ContinueWith(t => t.Exception, TaskScheduler.Default);
        if (fed.IsFaulted)
            await fed;
        if (block.Completion.IsFaulted)
            await block.Completion;
    }
}
