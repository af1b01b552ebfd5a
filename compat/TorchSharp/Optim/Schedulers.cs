namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
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

            public static LRScheduler MultiStepLR(Optimizer optimizer, IList<int> milestones, double gamma = 0.1, int last_epoch = -1, bool verbose = false) =>
                new impl.Closed(optimizer, (start, step) => start * Math.Pow(gamma, milestones.Count(m => m <= step)), last_epoch, verbose);

            public static LRScheduler PolynomialLR(Optimizer optimizer, int total_iters = 5, double power = 1, int last_epoch = -1, bool verbose = false) =>
                new impl.Closed(optimizer, (start, step) => start * Math.Pow(1 - ((double)Math.Min(step, total_iters) / total_iters), power), last_epoch, verbose);

            /// <summary>One schedule after another: each begins at its milestone, and counts from there.</summary>
            public static LRScheduler SequentialLR(Optimizer optimizer, IEnumerable<LRScheduler> schedulers, IEnumerable<int> milestones, int last_epoch = -1) =>
                new impl.SequentialLR(optimizer, schedulers, milestones, last_epoch);

            public static class impl
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

                    protected override IEnumerable<double> get_lr() => Starts.Select(start => rate(start, _step_count));
                }

                /// <summary>Hands each step to the schedule whose turn it is.</summary>
                public sealed class SequentialLR : LRScheduler
                {
                    private readonly LRScheduler[] schedulers;
                    private readonly int[] milestones;

                    /// <exception cref="ArgumentException">There is not one milestone fewer than schedules.</exception>
                    public SequentialLR(Optimizer optimizer, IEnumerable<LRScheduler> schedulers, IEnumerable<int> milestones, int last_epoch = -1)
                        : base(optimizer, last_epoch, false)
                    {
                        (this.schedulers, this.milestones) = ([.. schedulers], [.. milestones]);
                        if (this.schedulers.Length != this.milestones.Length + 1)
                            throw new ArgumentException($"SequentialLR wants one milestone between every two schedulers: {this.schedulers.Length} schedulers, {this.milestones.Length} milestones.");
                        step();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        var turn = milestones.Count(m => m <= _step_count);
                        return schedulers[turn].RatesAt(_step_count - (turn == 0 ? 0 : milestones[turn - 1]));
                    }
                }
            }
        }
    }
}
