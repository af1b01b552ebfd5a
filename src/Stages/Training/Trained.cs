using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Training;

namespace DataflowRlhf.Stages.Training;

/// <summary>Runs a training loop under a stage: its curves, its progress, its failures.</summary>
internal static class Trained
{
    /// <param name="lower">Options that lower the memory it takes, with values to try.</param>
    public static TrainingCurves Run(IStageRun run, ITrainingObjective objective, TrainingSettings settings, Func<IEnumerable<(string, double)>>? evaluate, IReadOnlyList<string> lower)
    {
        var loop = new TrainingLoop(objective, settings)
        {
            OnPoint = run.Metric,
            OnResumed = (done, total) => run.Resumed(done, total, "steps"),
            OnTokens = tokens => run.Count("tokens", tokens),
            OnStep = (done, total) => run.Progress(done, total, "steps"),
            Evaluate = evaluate,
            Warn = run.Warn,
        };
        TrainingCurves? curves = null;
        Guarded(() => curves = loop.Run(run.Stopping), lower);
        return curves!;
    }

    /// <summary>Trains, and makes what a person can mend a message.</summary>
    /// <exception cref="StageException">It diverged, a token is unknown, or memory is short.</exception>
    public static void Guarded(Action train, IReadOnlyList<string> lower)
    {
        try
        {
            train();
        }
        catch (Exception told) when (told is TrainingDivergedException or UnknownTokenException)
        {
            throw new StageException(told.Message, told);
        }
        catch (Exception full) when (Failures.IsOutOfMemory(full))
        {
            throw new StageException($"There is not enough memory ({full.Message.Split('\n', 2)[0].Trim()}). The checkpoints are kept. These take less:  write: {string.Join(" | ", lower)}", full);
        }
    }

    /// <summary>The folder a model starts from: the option's path, else the port's artifact; null where neither is given.</summary>
    public static string? Folder(IStageRun run, string? path, string port) =>
        path is not null ? run.Resolve(path) : run.Has(port) ? run.Artifact(port).Folder : null;
}
