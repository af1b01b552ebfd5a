using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Training;

namespace DataflowRlhf.Stages.Training;

/// <summary>Runs a training loop under a stage: its curves, its progress, its failures.</summary>
internal static class Trained
{
    public static TrainingCurves Run(IStageRun run, ITrainingObjective objective, TrainingSettings settings, Func<IEnumerable<(string, double)>>? evaluate)
    {
        var loop = new TrainingLoop(objective, settings)
        {
            OnPoint = run.Metric,
            OnStep = (done, total) => run.Progress(done, total, "steps"),
            Evaluate = evaluate,
        };
        try
        {
            return loop.Run(run.Stopping);
        }
        catch (TrainingDivergedException diverged)
        {
            throw new StageException(diverged.Message, diverged);
        }
    }

    /// <summary>The folder a model starts from: the option's path, else the port's artifact; null where neither is given.</summary>
    public static string? Folder(IStageRun run, string? path, string port) =>
        path is not null ? run.Resolve(path) : run.Has(port) ? run.Artifact(port).Folder : null;
}
