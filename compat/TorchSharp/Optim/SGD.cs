namespace TorchSharp.Modules;

/// <summary>Gradient descent, with momentum where asked.</summary>
public class SGD : torch.optim.Optimizer, torch.optim.IMomentum
{
    private readonly Dictionary<nint, torch.Tensor> buffers = [];

    public SGD(IEnumerable<Parameter> parameters, double lr, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
        : this([new ParamGroup { Parameters = parameters }], lr, momentum, dampening, weight_decay, nesterov, maximize)
    {
    }

    public SGD(IEnumerable<ParamGroup> parameters, double lr, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
    {
        foreach (var group in parameters)
        {
            group.Start(lr);
            group.Options.momentum ??= momentum;
            group.Options.dampening ??= dampening;
            group.Options.weight_decay ??= weight_decay;
            group.Options.nesterov ??= nesterov;
            group.Options.maximize ??= maximize;
            add_param_group(group);
        }
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
