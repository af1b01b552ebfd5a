using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>y = x Wᵀ + b, with W (outputs, inputs).</summary>
public sealed class Linear : nn.Module<Tensor, Tensor>
{
    internal Linear(long inputSize, long outputSize, bool hasBias, Device? device, ScalarType? dtype)
        : base(nameof(Linear))
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        (in_features, out_features) = (inputSize, outputSize);
        weight = new Parameter(empty(outputSize, inputSize, dtype, device));
        nn.init.kaiming_uniform_(weight, Math.Sqrt(5));
        weight.DetachFromDisposeScope();
        register_parameter(nameof(weight), weight);
        if (!hasBias)
            return;
        var bound = 1 / Math.Sqrt(inputSize);
        bias = new Parameter(empty(outputSize, dtype, device));
        bias.uniform_(-bound, bound);
        bias.DetachFromDisposeScope();
        register_parameter(nameof(bias), bias);
    }

    internal Linear(Parameter weight, Parameter? bias)
        : base(nameof(Linear))
    {
        (in_features, out_features) = (weight.size(1), weight.size(0));
        (this.weight, this.bias) = (weight, bias);
        weight.DetachFromDisposeScope();
        register_parameter(nameof(weight), weight);
        if (bias is null)
            return;
        bias.DetachFromDisposeScope();
        register_parameter(nameof(bias), bias);
    }

    public Parameter? bias { get; set; }
    public Parameter weight { get; set; }
    public long in_features { get; set; }
    public long out_features { get; set; }

    public override Tensor forward(Tensor tensor) => nn.functional.linear(tensor, weight, bias);
}
