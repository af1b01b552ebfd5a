namespace DataflowRlhf.Graph;

/// <summary>A row stage looked at from outside; the engine maps it side by side as it does any.</summary>
internal sealed class WatchedRows(RowStage inner, Watch watch) : RowStage
{
    public override StagePorts Ports => inner.Ports;

    public override bool UsesDevice => inner.UsesDevice;

    public override Outlook? Foresee(IForesight ahead) => inner.Foresee(ahead);

    public override async Task PrepareAsync(IStageRun run)
    {
        try
        {
            await inner.PrepareAsync(new WatchedRun(run, watch, held: false));
        }
        catch (Exception thrown)
        {
            watch.Thrown ??= thrown;
            throw;
        }
    }

    public override Batch Map(Batch batch, IStageRun run)
    {
        try
        {
            watch.Step();
            return inner.Map(batch, new WatchedRun(run, watch, held: false));
        }
        catch (Exception thrown)
        {
            watch.Thrown ??= thrown;
            throw;
        }
    }
}
