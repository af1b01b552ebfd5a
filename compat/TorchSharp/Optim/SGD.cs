namespace TorchSharp.Modules;

/// <summary>Gradient descent, with momentum where asked.</summary>
public class SGD : OptimizerHelper, torch.optim.IMomentum
{
    private readonly Options defaults;
    private readonly Dictionary<nint, torch.Tensor> buffers = [];

    public SGD(IEnumerable<Parameter> parameters, double lr, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
        : this([new ParamGroup { Parameters = parameters }], lr, momentum, dampening, weight_decay, nesterov, maximize)
    {
    }

    public SGD(IEnumerable<ParamGroup> parameters, double lr, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
    {
        defaults = new Options { LearningRate = lr, momentum = momentum, dampening = dampening, weight_decay = weight_decay, nesterov = nesterov, maximize = maximize };
        foreach (var group in parameters)
            add_param_group(group);
    }

    /// <summary>Takes one more group; what it leaves open is as the optimizer was made with.</summary>
    public override void add_param_group(Modules.ParamGroup param_group)
    {
        var options = ((ParamGroup)param_group).Options;
        param_group.Start(defaults.LearningRate!.Value);
        options.momentum ??= defaults.momentum;
        options.dampening ??= defaults.dampening;
        options.weight_decay ??= defaults.weight_decay;
        options.nesterov ??= defaults.nesterov;
        options.maximize ??= defaults.maximize;
        base.add_param_group(param_group);
    }

    public double Momentum
    {
        get => ((ParamGroup)_parameter_groups[0]).Momentum;
        set
        {
            foreach (var group in _parameter_groups)
                ((ParamGroup)group).Momentum = value;
        }
    }

    public override torch.Tensor? step(Func<torch.Tensor>? closure = null)
    {
        var loss = closure?.Invoke();
        using var off = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        foreach (var group in _parameter_groups.Cast<ParamGroup>())
            foreach (var parameter in group.Parameters)
                if (parameter.grad is { } gradient)
                    Step(parameter, gradient, group.Options);
        return loss;
    }

    private void Step(Parameter parameter, torch.Tensor gradient, Options options)
    {
        if (options.maximize!.Value)
            gradient = -gradient;
        if (options.weight_decay is { } decay and not 0)
            gradient = gradient.add(parameter, decay);
        if (options.momentum is { } momentum and not 0)
        {
            if (!buffers.TryGetValue(parameter.Handle, out var buffer))
                buffers[parameter.Handle] = buffer = gradient.clone().DetachFromDisposeScope();
            else
                buffer.mul_(momentum).add_(gradient, 1 - options.dampening!.Value);
            gradient = options.nesterov!.Value ? gradient.add(buffer, momentum) : buffer;
        }
        parameter.add_(gradient, -options.LearningRate!.Value);
    }

    private protected override void SaveState(BinaryWriter writer, Parameter parameter)
    {
        var buffer = buffers.GetValueOrDefault(parameter.Handle);
        writer.Write(buffer is not null);
        buffer?.Save(writer);
    }

    private protected override void LoadState(BinaryReader reader, Parameter parameter)
    {
        if (buffers.Remove(parameter.Handle, out var before))
            before.Dispose();
        if (reader.ReadBoolean())
            buffers[parameter.Handle] = TensorExtensionMethods.Load(reader).to(parameter.device).DetachFromDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var buffer in buffers.Values)
            buffer.Dispose();
        buffers.Clear();
    }

    public class Options : OptimizerOptions
    {
        public double? momentum;
        public double? dampening;
        public double? weight_decay;
        public bool? nesterov;
        public bool? maximize;

        public override void SaveStateDict(BinaryWriter writer)
        {
            base.SaveStateDict(writer);
            foreach (var setting in (double?[])[momentum, dampening, weight_decay])
                writer.Write(setting!.Value);
            writer.Write(nesterov!.Value);
            writer.Write(maximize!.Value);
        }

        public override void LoadStateDict(BinaryReader reader)
        {
            base.LoadStateDict(reader);
            (momentum, dampening, weight_decay) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
            (nesterov, maximize) = (reader.ReadBoolean(), reader.ReadBoolean());
        }
    }

    public class ParamGroup : ParamGroup<Options>, torch.optim.IMomentum
    {
        public ParamGroup()
        {
        }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options)
            : base(parameters, options)
        {
        }

        public ParamGroup(IEnumerable<Parameter> parameters, double lr = 0.001, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
            : base(parameters, new Options { LearningRate = lr, momentum = momentum, dampening = dampening, weight_decay = weight_decay, nesterov = nesterov, maximize = maximize })
        {
        }

        public double Momentum
        {
            get => Options.momentum!.Value;
            set => Options.momentum = value;
        }
    }
}
