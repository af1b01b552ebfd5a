using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), all state in float32. Parameters of another type (bfloat16) keep a float32 master copy,
/// so that small steps are not rounded away. The update allocates one temporary a parameter and nothing that lasts.
/// </summary>
public sealed class AdamW : IDisposable
{
    private readonly List<Slot> slots = [];

    /// <param name="groups">Parameters with their own rate and decay. A parameter may be in one group only.</param>
    public AdamW(IEnumerable<Group> groups)
    {
        foreach (var group in groups)
            foreach (var (name, parameter) in group.Parameters)
                slots.Add(new Slot(name, parameter, group));
        if (slots.GroupBy(s => s.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Parameter '{twice.Key}' is given twice.");
    }

    /// <summary>Parameters that share their settings.</summary>
    /// <param name="Parameters">Name and parameter; the names are those in a checkpoint.</param>
    public sealed record Group(IReadOnlyList<(string Name, Parameter Parameter)> Parameters)
    {
        /// <summary>Multiplies the rate given to <see cref="AdamW.Step"/>.</summary>
        public double RateScale { get; init; } = 1;

        public double WeightDecay { get; init; }
        public double Beta1 { get; init; } = 0.9;
        public double Beta2 { get; init; } = 0.999;
        public double Epsilon { get; init; } = 1e-8;
    }

    /// <summary>The usual two groups: matrices decay; vectors (norms and biases) do not.</summary>
    public static AdamW For(IEnumerable<(string Name, Parameter Parameter)> parameters, double weightDecay = 0, double beta1 = 0.9, double beta2 = 0.999)
    {
        var all = parameters.ToList();
        return new AdamW([
            new Group(all.Where(p => p.Parameter.dim() > 1).ToList()) { WeightDecay = weightDecay, Beta1 = beta1, Beta2 = beta2 },
            new Group(all.Where(p => p.Parameter.dim() <= 1).ToList()) { Beta1 = beta1, Beta2 = beta2 },
        ]);
    }

    /// <summary>Steps taken so far; counts the bias correction.</summary>
    public long Steps { get; private set; }

    public IEnumerable<Parameter> Parameters => slots.Select(s => s.Parameter);

    /// <summary>One update from the gradients as they stand; parameters without one are left alone.</summary>
    /// <param name="rate">The learning rate α of this step.</param>
    public void Step(double rate)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        Steps++;
        foreach (var slot in slots)
        {
            using var inner = NewDisposeScope();
            slot.Update(rate, Steps);
        }
    }

    /// <summary>Sets the gradients to zero where they are: their memory serves the next step.</summary>
    public void ZeroGradients()
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        foreach (var slot in slots)
            slot.Parameter.grad?.zero_();
    }

    /// <summary>Everything that a checkpoint must keep, the live tensors: weights, both moments, master copies. <see cref="Steps"/> goes beside them.</summary>
    public IEnumerable<(string Name, Tensor Value)> State(string prefix = "")
    {
        foreach (var slot in slots)
        {
            yield return ($"{prefix}weight.{slot.Name}", slot.Parameter);
            yield return ($"{prefix}first.{slot.Name}", slot.First);
            yield return ($"{prefix}second.{slot.Name}", slot.Second);
            if (slot.Master is not null)
                yield return ($"{prefix}master.{slot.Name}", slot.Master);
        }
    }

    /// <summary>Puts back what <see cref="State"/> gave, weights included.</summary>
    /// <param name="steps">The count of steps beside it.</param>
    /// <param name="find">The saved tensor of a name.</param>
    public void Restore(long steps, Func<string, Tensor> find, string prefix = "")
    {
        using var off = no_grad();
        foreach (var (name, value) in State(prefix))
        {
            using var saved = find(name);
            value.copy_(saved);
        }
        Steps = steps;
    }

    public void Dispose()
    {
        foreach (var slot in slots)
            slot.Dispose();
        slots.Clear();
    }

    private sealed class Slot : IDisposable
    {
        private readonly Group group;

        public Slot(string name, Parameter parameter, Group group)
        {
            using var off = no_grad();
            Name = name;
            Parameter = parameter;
            this.group = group;
            First = zeros(parameter.shape, ScalarType.Float32, parameter.device).DetachFromDisposeScope();
            Second = zeros(parameter.shape, ScalarType.Float32, parameter.device).DetachFromDisposeScope();
            if (parameter.dtype != ScalarType.Float32)
                Master = parameter.detach().to(ScalarType.Float32).DetachFromDisposeScope();
        }

        public string Name { get; }
        public Parameter Parameter { get; }
        public Tensor First { get; }
        public Tensor Second { get; }
        public Tensor? Master { get; }

        public void Update(double rate, long step)
        {
            var gradient = Parameter.grad;
            if (gradient is null)
                return;
            if (Master is not null)
                gradient = gradient.to(ScalarType.Float32);
            rate *= group.RateScale;
            Tensor weight = Master is null ? Parameter : Master;
            if (group.WeightDecay != 0)
                weight.mul_(1 - rate * group.WeightDecay);
            First.mul_(group.Beta1).add_(gradient, 1 - group.Beta1);
            Second.mul_(group.Beta2).addcmul_(gradient, gradient, 1 - group.Beta2);
            var first = 1 - Math.Pow(group.Beta1, step);
            var second = 1 - Math.Pow(group.Beta2, step);
            var scale = Second.sqrt().div_(Math.Sqrt(second)).add_(group.Epsilon);
            weight.addcdiv_(First, scale, -rate / first);
            if (Master is not null)
                Parameter.copy_(Master);
        }

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
            Master?.Dispose();
        }
    }
}
