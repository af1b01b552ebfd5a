namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>Sets the learning rates of an optimizer's groups, at once and at every <see cref="step()"/>.</summary>
            public abstract class LRScheduler
            {
                private readonly Optimizer optimizer;
                private readonly double[] starts;

                protected LRScheduler(Optimizer optimizer, int last_epoch = -1, bool verbose = false)
                {
                    if (verbose)
                        throw new NotSupportedException("verbose schedulers are not supported by this build of TorchSharp.");
                    this.optimizer = optimizer;
                    starts = [.. optimizer.ParamGroups.Select(g => g.InitialLearningRate)];
                    _step_count = last_epoch;
                }

                protected int _step_count;

                /// <summary>A group’s rate at a step, from the rate it began with.</summary>
                private protected abstract double Rate(double start, int step);

                public virtual void step()
                {
                    _step_count++;
                    foreach (var (group, index) in optimizer.ParamGroups.Select((g, i) => (g, i)))
                        group.LearningRate = Rate(starts[index], _step_count);
                }

                public IEnumerable<double> get_last_lr() => optimizer.ParamGroups.Select(g => g.LearningRate);
            }

            public static LRScheduler LambdaLR(Optimizer optimizer, Func<int, double> lr_lambda, int last_epoch = -1, bool verbose = false) =>
                new impl.Closed(optimizer, (start, step) => start * lr_lambda(step), last_epoch, verbose);

            public static LRScheduler StepLR(Optimizer optimizer, int step_size, double gamma = 0.1, int last_epoch = -1, bool verbose = false) =>
                new impl.Closed(optimizer, (start, step) => start * Math.Pow(gamma, step / step_size), last_epoch, verbose);

            public static LRScheduler ExponentialLR(Optimizer optimizer, double gamma = 0.1, int last_epoch = -1, bool verbose = false) =>
                new impl.Closed(optimizer, (start, step) => start * Math.Pow(gamma, step), last_epoch, verbose);

            public static LRScheduler ConstantLR(Optimizer optimizer, double factor = 1.0 / 3, int total_iters = 5, int last_epoch = -1, bool verbose = false) =>
                new impl.Closed(optimizer, (start, step) => step < total_iters ? start * factor : start, last_epoch, verbose);

            public static LRScheduler LinearLR(Optimizer optimizer, double start_factor = 1.0 / 3, double end_factor = 1, int total_iters = 5, int last_epoch = -1, bool verbose = false) =>
                new impl.Closed(optimizer, (start, step) => start * (start_factor + (end_factor - start_factor) * Math.Min(step, total_iters) / total_iters), last_epoch, verbose);

            public static LRScheduler CosineAnnealingLR(Optimizer optimizer, double T_max, double eta_min = 0, int last_epoch = -1, bool verbose = false) =>
                new impl.Closed(optimizer, (start, step) => eta_min + (start - eta_min) * (1 + Math.Cos(Math.PI * step / T_max)) / 2, last_epoch, verbose);

            internal static class impl
            {
                /// <summary>A schedule whose rate is a formula of the step.</summary>
                internal sealed class Closed : LRScheduler
                {
                    private readonly Func<double, int, double> rate;

                    public Closed(Optimizer optimizer, Func<double, int, double> rate, int last_epoch, bool verbose)
                        : base(optimizer, last_epoch, verbose)
                    {
                        this.rate = rate;
                        step();
                    }

                    private protected override double Rate(double start, int step) => rate(start, step);
                }
            }
        }
    }
}
