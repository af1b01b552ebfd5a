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

                protected LRScheduler(Optimizer optimizer, int last_epoch = -1, bool verbose = false)
                {
                    if (verbose)
                        throw new NotSupportedException("verbose schedulers are not supported by this build of TorchSharp.");
                    this.optimizer = optimizer;
                    Starts = [.. optimizer.ParamGroups.Select(g => g.InitialLearningRate)];
                    _step_count = last_epoch;
                }

                protected int _step_count;

                /// <summary>The rates that the groups began with.</summary>
                private protected double[] Starts { get; }

                /// <summary>The groups' rates at the present step.</summary>
                protected abstract IEnumerable<double> get_lr();

                public virtual void step() => step(null);

                /// <summary>One step on, or to the step named.</summary>
                public virtual void step(int? epoch)
                {
                    _step_count = epoch ?? _step_count + 1;
                    foreach (var (group, rate) in optimizer.ParamGroups.Zip(get_lr().ToArray()))
                        group.LearningRate = rate;
                }

                internal IEnumerable<double> RatesAt(int step)
                {
                    _step_count = step;
                    return get_lr().ToArray();
                }

                public IEnumerable<double> get_last_lr() => optimizer.ParamGroups.Select(g => g.LearningRate);
            }
        }
    }
}
