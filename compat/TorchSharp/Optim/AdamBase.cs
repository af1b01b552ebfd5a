namespace TorchSharp.Modules;

/// <summary>What Adam and AdamW share: two moments a parameter, updated by one native call a group and step.</summary>
public abstract class AdamBase : OptimizerHelper
{
    private readonly Dictionary<nint, Moments> state = [];

    private protected abstract bool Decoupled { get; }

    private protected abstract (double Beta1, double Beta2, double Eps, double Decay) Settings(ParamGroup group);

    private protected static void RefuseUnknown(bool amsgrad, bool maximize)
    {
        if (amsgrad || maximize)
            throw new NotSupportedException("amsgrad and maximize are not supported by this build of TorchSharp.");
    }

    public override unsafe torch.Tensor? step(Func<torch.Tensor>? closure = null)
    {
        var loss = closure?.Invoke();
        using var off = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        foreach (var group in _parameter_groups)
        {
            var (beta1, beta2, eps, decay) = Settings(group);
            // Parameters that skipped steps have a count of their own: the bias correction is theirs.
            foreach (var same in group.Parameters.Where(p => p.grad is not null).GroupBy(p => StateOf(p).Steps))
            {
                var parameters = same.ToArray();
                nint[] values = [.. parameters.Select(p => p.Handle)], grads = [.. parameters.Select(p => p.grad!.Handle)];
                nint[] first = [.. parameters.Select(p => StateOf(p).First.Handle)], second = [.. parameters.Select(p => StateOf(p).Second.Handle)];
                fixed (nint* v = values, g = grads, m = first, s = second)
                    Native.Check(Native.n_adam_step(v, g, m, s, values.Length, group.LearningRate, beta1, beta2, eps, decay, same.Key + 1, Decoupled ? 1 : 0));
                foreach (var parameter in parameters)
                    StateOf(parameter).Steps++;
            }
        }
        return loss;
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var moments in state.Values)
        {
            moments.First.Dispose();
            moments.Second.Dispose();
        }
        state.Clear();
    }

    private protected override void SaveState(BinaryWriter writer, Parameter parameter)
    {
        var moments = StateOf(parameter);
        writer.Write(moments.Steps);
        moments.First.Save(writer);
        moments.Second.Save(writer);
    }

    private protected override void LoadState(BinaryReader reader, Parameter parameter)
    {
        var moments = StateOf(parameter);
        moments.Steps = reader.ReadInt64();
        moments.First.Load(reader);
        moments.Second.Load(reader);
    }

    private Moments StateOf(Parameter parameter)
    {
        if (!state.TryGetValue(parameter.Handle, out var moments))
        {
            using var off = torch.no_grad();
            state[parameter.Handle] = moments = new Moments(torch.zeros_like(parameter).DetachFromDisposeScope(), torch.zeros_like(parameter).DetachFromDisposeScope());
        }
        return moments;
    }

    private sealed record Moments(torch.Tensor First, torch.Tensor Second)
    {
        public long Steps { get; set; }
    }
}
