namespace DataflowRlhf.Graph;

/// <summary>A stage looked at from outside.</summary>
internal sealed class Watched(Stage inner, Watch watch) : Stage
{
    public static Stage Around(Stage stage, Watch watch) => stage is RowStage rows ? new WatchedRows(rows, watch) : new Watched(stage, watch);

    public override StagePorts Ports => inner.Ports;

    public override bool UsesDevice => inner.UsesDevice;

    public override Outlook? Foresee(IForesight ahead) => inner.Foresee(ahead);

    public override async Task RunAsync(IStageRun run)
    {
        var folder = Directory.GetParent(run.OutputFolder)!.FullName;
        var before = Directory.EnumerateFileSystemEntries(folder).ToHashSet();
        try
        {
            await inner.RunAsync(new WatchedRun(run, watch, held: true));
        }
        catch (Exception thrown)
        {
            watch.Thrown ??= thrown;
            throw;
        }
        finally
        {
            watch.Beside = [.. Directory.EnumerateFileSystemEntries(folder).Where(e => !before.Contains(e)).Select(Path.GetFileName)
                .Where(n => n is not (ArtifactStore.MetricsName or ArtifactStore.QuarantineName))!];
        }
    }
}
