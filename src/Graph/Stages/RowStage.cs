namespace DataflowRlhf.Graph;

/// <summary>A stage that turns each batch of its first port into one batch: order is kept, batches may be mapped side by side.</summary>
public abstract class RowStage : Stage
{
    /// <summary>One batch in, one batch out (possibly of fewer rows). A pure function: called from several threads at once.</summary>
    public abstract Batch Map(Batch batch, IStageRun run);

    /// <summary>Called once before the first batch: loads a tokenizer, say.</summary>
    public virtual Task PrepareAsync(IStageRun run) => Task.CompletedTask;

    /// <inheritdoc/>
    public sealed override async Task RunAsync(IStageRun run)
    {
        await PrepareAsync(run);
        await foreach (var batch in run.Read(Ports.Inputs[0].Name))
            await run.EmitAsync(Map(batch, run));
    }
}
