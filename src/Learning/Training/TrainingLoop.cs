using System.Globalization;
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

    /// <summary>Told once, where it goes on from a checkpoint: steps done, steps in all.</summary>
    public Action<long, long>? OnResumed { get; init; }

    /// <summary>Told the tokens of each step.</summary>
    public Action<long>? OnTokens { get; init; }

    /// <summary>Measures on the side after every so many steps and after the last; what it returns becomes points of curves.</summary>
    public Func<IEnumerable<(string Name, double Value)>>? Evaluate { get; init; }

    /// <summary>Told what the person should know, such as a damaged checkpoint.</summary>
    public Action<string>? Warn { get; init; }

    private readonly CheckpointCadence cadence = new(
        settings.CheckpointFolder is null ? 0 : settings.CheckpointEvery, settings.CheckpointFolder is null ? TimeSpan.Zero : settings.CheckpointInterval, settings.Time);

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
    /// <param name="stopping">When told to stop, it finishes the step, keeps a checkpoint and throws.</param>
    /// <returns>The curves <c>loss</c>, <c>lr</c>, <c>grad_norm</c> and those of the objective.</returns>
    /// <exception cref="TrainingDivergedException">The loss, the gradient or the weights are not finite, or the loss exploded.</exception>
    /// <exception cref="OperationCanceledException">It was told to stop.</exception>
    public TrainingCurves Run(CancellationToken stopping = default)
    {
        using var optimizer = AdamW.For(objective.Parameters, settings.WeightDecay, settings.Beta1, settings.Beta2);
        var state = new State(optimizer, new TrainingCurves(OnPoint), new LossWatch());
        Resume(state);
        if (state.Step > 0)
        {
            OnResumed?.Invoke(state.Step, TotalSteps);
            OnStep?.Invoke(state.Step, TotalSteps);
        }
        try
        {
            ToTheEnd(state, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && cadence.Keeps && state.Watch.Calm && state.Step > 0 && !state.IsKept)
        {
            Save(state);
            throw;
        }
        return state.Curves;
    }

    private void ToTheEnd(State state, CancellationToken stopping)
    {
        var total = TotalSteps;
        int[] order = [];
        long shuffled = -1;
        Measure(state, total);
        while (state.Step < total)
        {
            stopping.ThrowIfCancellationRequested();
            var epoch = state.Step / StepsPerEpoch;
            if (epoch != shuffled)
            {
                order = Chance.Order(objective.Examples, settings.ShuffleSeed, epoch);
                shuffled = epoch;
            }
            var from = (int)(state.Step % StepsPerEpoch) * settings.BatchSize;
            Take(state, total, new ArraySegment<int>(order, from, Math.Min(settings.BatchSize, order.Length - from)));
            state.Step++;
            state.IsKept = false;
            cadence.Stepped(state.Step);
            Measure(state, total);
            OnStep?.Invoke(state.Step, total);
            if (state.Step < total && cadence.IsDue && state.Watch.Calm)
                Save(state);
        }
        // What would not be kept as a checkpoint is no result either.
        Guarded(state, () => NotFiniteException.Check(state.Optimizer.State()));
    }

    /// <summary>Measures on the side where this step is one to measure at and it has not been done: a training that was stopped within does it again.</summary>
    private void Measure(State state, long total)
    {
        if (Evaluate is null || state.Measured >= state.Step || (state.Step != total && (settings.EvaluateEvery == 0 || state.Step % settings.EvaluateEvery != 0)))
            return;
        var points = Evaluate().ToList();
        state.Measured = state.Step;
        state.IsKept = false;
        foreach (var (name, value) in points)
            state.Curves.Add(name, state.Step, value);
    }

    private void Take(State state, long total, IReadOnlyList<int> examples)
    {
        using var scope = NewDisposeScope();
        var (optimizer, number) = (state.Optimizer, state.Step + 1);
        optimizer.ZeroGradients();
        var step = new TrainingStep(number, examples, Passes.Cut(examples, objective.Tokens, settings.TokensPerPass), settings.Seed);
        objective.Accumulate(step);
        OnTokens?.Invoke(examples.Sum(e => (long)objective.Tokens(e)));
        var norm = GradientNorm.Clip(optimizer.Parameters, settings.ClipNorm);
        var rate = settings.RateAt(number - 1, total);
        var points = step.Read();
        var loss = points.First(p => p.Name == "loss").Value;
        if (number == 1 && !(double.IsFinite(loss) && double.IsFinite(norm)))
            throw TrainingDivergedException.Given(new("Step", number, total, null), double.IsFinite(loss) ? "gradient norm" : "loss", double.IsFinite(loss) ? norm : loss);
        var before = state.Curves["loss"] is { Count: > 0 } earlier ? string.Create(CultureInfo.InvariantCulture, $", the loss before {earlier[^1].Value:G4}") : "";
        if (state.Watch.See(loss) is { } problem)
            throw Diverged(state, number, string.Create(CultureInfo.InvariantCulture, $"the loss is {loss:G4} at learning rate {rate:G4} (gradient norm {norm:G4}{before}); {problem}"), rate);
        if (!double.IsFinite(norm))
            throw Diverged(state, number, string.Create(CultureInfo.InvariantCulture, $"the gradient norm is {norm:G4} at learning rate {rate:G4} (loss {loss:G4}{before}); it must be finite"), rate);
        optimizer.Step(rate);
        foreach (var (name, value) in points)
            state.Curves.Add(name, number, value);
        state.Curves.Add("lr", number, rate);
        state.Curves.Add("grad_norm", number, norm);
    }

    /// <summary>What gave a bad loss or gradient is no state to go on from: the checkpoints from there on go, those before stay.</summary>
    private TrainingDivergedException Diverged(State state, long step, string problem, double rate)
    {
        var kept = settings.CheckpointFolder is { } folder ? TrainingCheckpoint.Discard(folder, step - Math.Max(1, state.Watch.Odd)) : null;
        return TrainingDivergedException.Of(new("Step", step, TotalSteps, kept), problem, string.Create(CultureInfo.InvariantCulture,
            $"Try a smaller learning-rate (such as {rate / 5:G2}), a longer warm-up or a smaller clip-norm, and look at the rows for odd margins."));
    }

    private void Guarded(State state, Action look)
    {
        try
        {
            look();
        }
        catch (NotFiniteException broken)
        {
            throw Diverged(state, state.Step, $"after it {broken.Message.TrimEnd('.')}", settings.RateAt(Math.Max(0, state.Step - 1), TotalSteps));
        }
    }

    private void Resume(State state)
    {
        if (settings.CheckpointFolder is null)
            return;
        using var saved = TrainingCheckpoint.Open(settings.CheckpointFolder, state.Optimizer.State().Concat(Buffers), Warn);
        if (saved is null)
            return;
        (state.Step, state.Measured, state.IsKept) = (saved.Number, saved.Counter("measured"), true);
        state.Optimizer.Restore(state.Step, saved.Tensor);
        using (no_grad())
            foreach (var (name, value) in Buffers)
            {
                using var kept = saved.Tensor(name);
                value.copy_(kept);
            }
        state.Curves.Restore(saved);
        foreach (var (_, loss) in state.Curves["loss"])
            state.Watch.See(loss);
        cadence.Kept();
    }

    private void Save(State state)
    {
        using var scope = NewDisposeScope();
        Guarded(state, () => TrainingCheckpoint.Save(settings.CheckpointFolder!, state.Step, new Dictionary<string, long> { ["measured"] = state.Measured },
            state.Optimizer.State().Concat(Buffers).Concat(state.Curves.State())));
        cadence.Kept();
        state.IsKept = true;
    }

    private IEnumerable<(string Name, Tensor Value)> Buffers => objective.Buffers.Select(b => ("buffer." + b.Name, b.Value));

    /// <summary>All that goes on from step to step.</summary>
    private sealed class State(AdamW optimizer, TrainingCurves curves, LossWatch watch)
    {
        public AdamW Optimizer { get; } = optimizer;
        public TrainingCurves Curves { get; } = curves;
        public LossWatch Watch { get; } = watch;

        /// <summary>Steps done.</summary>
        public long Step { get; set; }

        /// <summary>The last step that was measured on the side; 0: none.</summary>
        public long Measured { get; set; }

        /// <summary>A checkpoint holds this very state.</summary>
        public bool IsKept { get; set; }
    }
}
