using DataflowRlhf.Learning.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>
/// The loop that all training by examples shares: epochs of seeded shuffles, batches cut into passes by tokens, AdamW under a warm-up and a schedule,
/// clipping, curves, checkpoints. Order and dropout are functions of (seed, epoch, step): a resumed run equals the undisturbed one bit for bit.
/// </summary>
public sealed class TrainingLoop(ITrainingObjective objective, TrainingSettings settings)
{
    /// <summary>Told every point of every curve: name, step, value.</summary>
    public Action<string, long, double>? OnPoint { get; init; }

    /// <summary>Told after every step: steps done, steps in all.</summary>
    public Action<long, long>? OnStep { get; init; }

    /// <summary>Measures on the side after every so many steps and after the last; what it returns becomes points of curves.</summary>
    public Func<IEnumerable<(string Name, double Value)>>? Evaluate { get; init; }

    /// <summary>Optimizer steps in all.</summary>
    public long TotalSteps
    {
        get
        {
            var all = (long)settings.Epochs * StepsPerEpoch;
            return settings.MaxSteps > 0 ? Math.Min(all, settings.MaxSteps) : all;
        }
    }

    private int StepsPerEpoch => (objective.Examples + settings.BatchSize - 1) / settings.BatchSize;

    /// <summary>Trains to the end, from the checkpoint if there is one.</summary>
    /// <returns>The curves <c>loss</c>, <c>lr</c>, <c>grad_norm</c> and those of the objective.</returns>
    /// <exception cref="TrainingDivergedException">The loss or the gradient is not finite, or the loss exploded.</exception>
    public TrainingCurves Run(CancellationToken stopping = default)
    {
        using var optimizer = AdamW.For(objective.Parameters, settings.WeightDecay, settings.Beta1, settings.Beta2);
        var curves = new TrainingCurves(OnPoint);
        var total = TotalSteps;
        var step = Resume(optimizer, curves);
        if (step > 0)
            OnStep?.Invoke(step, total);
        int[] order = [];
        long shuffled = -1;
        while (step < total)
        {
            stopping.ThrowIfCancellationRequested();
            var epoch = step / StepsPerEpoch;
            if (epoch != shuffled)
            {
                order = Chance.Order(objective.Examples, settings.ShuffleSeed, epoch);
                shuffled = epoch;
            }
            var from = (int)(step % StepsPerEpoch) * settings.BatchSize;
            var examples = new ArraySegment<int>(order, from, Math.Min(settings.BatchSize, order.Length - from));
            step++;
            Take(step, total, examples, optimizer, curves);
            if (Evaluate is not null && (step == total || settings.EvaluateEvery > 0 && step % settings.EvaluateEvery == 0))
                foreach (var (name, value) in Evaluate())
                    curves.Add(name, step, value);
            OnStep?.Invoke(step, total);
            if (settings.CheckpointFolder is { } folder && settings.CheckpointEvery > 0 && step % settings.CheckpointEvery == 0 && step < total)
                Save(folder, step, optimizer, curves);
        }
        return curves;
    }

    private void Take(long number, long total, IReadOnlyList<int> examples, AdamW optimizer, TrainingCurves curves)
    {
        using var scope = NewDisposeScope();
        optimizer.ZeroGradients();
        var step = new TrainingStep(number, examples, Passes.Cut(examples, objective.Tokens, settings.TokensPerPass), settings.Seed);
        objective.Accumulate(step);
        var norm = GradientNorm.Clip(optimizer.Parameters, settings.ClipNorm);
        var rate = settings.RateAt(number - 1, total);
        var points = step.Read();
        var loss = points.First(p => p.Name == "loss").Value;
        if (!double.IsFinite(loss) || Math.Abs(loss) > ExplosionLimit(curves))
            throw new TrainingDivergedException(number, total, "loss", loss, rate, given: number == 1 && !double.IsFinite(loss));
        if (!double.IsFinite(norm))
            throw new TrainingDivergedException(number, total, "gradient norm", norm, rate, given: number == 1);
        optimizer.Step(rate);
        foreach (var (name, value) in points)
            curves.Add(name, number, value);
        curves.Add("lr", number, rate);
        curves.Add("grad_norm", number, norm);
    }

    /// <summary>Ten thousand times the first loss, or ten thousand: no training comes back from there.</summary>
    private static double ExplosionLimit(TrainingCurves curves)
    {
        var points = curves["loss"];
        return 1e4 * Math.Max(1, points.Count == 0 ? double.PositiveInfinity : Math.Abs(points[0].Value));
    }

    private long Resume(AdamW optimizer, TrainingCurves curves)
    {
        if (settings.CheckpointFolder is null)
            return 0;
        using var saved = TrainingCheckpoint.Open(settings.CheckpointFolder);
        if (saved is null)
            return 0;
        var step = saved.Counter("step");
        optimizer.Restore(step, saved.Tensor);
        using (no_grad())
            foreach (var (name, value) in objective.Buffers)
            {
                using var kept = saved.Tensor("buffer." + name);
                value.copy_(kept);
            }
        curves.Restore(saved.Names, saved.Tensor);
        return step;
    }

    private void Save(string folder, long step, AdamW optimizer, TrainingCurves curves)
    {
        using var scope = NewDisposeScope();
        TrainingCheckpoint.Save(folder, new Dictionary<string, long> { ["step"] = step },
            optimizer.State().Concat(objective.Buffers.Select(b => ("buffer." + b.Name, b.Value))).Concat(curves.State()));
    }
}
