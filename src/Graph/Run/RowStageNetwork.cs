using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Dataflow;

namespace DataflowRlhf.Graph;

/// <summary>Maps batches side by side and sends them on in their order; what an attempt before this one mapped is not mapped again.</summary>
internal static class RowStageNetwork
{
    /// <param name="Problem">Why it could not be mapped: told in its turn, when all before it has been kept (a block that fails forgets them).</param>
    private sealed record Work(Batch Input, Made Made, bool Covered, ExceptionDispatchInfo? Problem = null);

    public static async Task RunAsync(RowStage stage, StageRun run, int parallel)
    {
        await stage.PrepareAsync(run);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(run.Stopping);
        // Capacity above the parallelism: one slow batch must not stop the others (an ordered block counts finished ones too).
        var block = new TransformBlock<Work, Work>(work => Map(stage, work, run), new ExecutionDataflowBlockOptions
        {
            MaxDegreeOfParallelism = parallel,
            BoundedCapacity = 2 * parallel + 2,
            EnsureOrdered = true,
        });
        var fed = FeedAsync(stage, run, block, failed.Token);
        var mapped = 0L;
        try
        {
            while (await block.OutputAvailableAsync(failed.Token))
                while (block.TryReceive(out var work))
                {
                    work.Problem?.Throw();
                    await run.KeepAsync(work.Input, work.Made, work.Covered);
                    await run.EmitAsync(work.Made.Batch!);
                    mapped++;
                }
            await block.Completion;
        }
        catch
        {
            // A block that was completed takes no fault, and ends only when its last batch is taken.
            ((IDataflowBlock)block).Fault(new OperationCanceledException());
            block.LinkTo(DataflowBlock.NullTarget<Work>());
            await failed.CancelAsync();
            await block.Completion.ContinueWith(_ => { }, TaskScheduler.Default); // No map outlives its stage.
            await ThrowCause(fed);
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

    private static Work Map(RowStage stage, Work work, StageRun run)
    {
        if (work.Made.Batch is not null)
            return work;
        try
        {
            return work with { Made = run.Make(() => stage.Map(work.Input, run)) };
        }
        catch (Exception problem)
        {
            return work with { Problem = ExceptionDispatchInfo.Capture(problem) };
        }
    }

    /// <summary>A feeder's failure comes before the cancellation that followed from it. One that waits for its producer is left to the run's end.</summary>
    private static async Task ThrowCause(Task fed)
    {
        _ = fed.ContinueWith(t => t.Exception, TaskScheduler.Default);
        if (fed.IsFaulted)
            await fed;
    }
}
