using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Normalises over the last dimensions.</summary>
public sealed class LayerNorm : nn.Module<Tensor, Tensor>
{
    internal LayerNorm(long[] shape, double eps, bool affine, bool hasBias, Device? device, ScalarType? dtype)
        : base(nameof(LayerNorm))
    {
        using var scope = NewDisposeScope();
        (normalized_shape, this.eps, elementwise_affine) = (shape, eps, affine);
        if (!affine)
            return;
        weight = new Parameter(ones(shape, dtype, device));
        weight.DetachFromDisposeScope();
        register_parameter(nameof(weight), weight);
        if (!hasBias)
            return;
        bias = new Parameter(zeros(shape, dtype, device));
        bias.DetachFromDisposeScope();
        register_parameter(nameof(bias), bias);
    }

    public Parameter? bias { get; set; }
    public Parameter? weight { get; set; }
    public long[] normalized_shape { get; set; }
    public double eps { get; set; }
    public bool elementwise_affine { get; set; }

    /// <summary>Weights of one, biases of zero.</summary>
    public void reset_parameters()
    {
        if (weight is not null)
            nn.init.ones_(weight);
        if (bias is not null)
            nn.init.zeros_(bias);
    }

    public override Tensor forward(Tensor tensor) => nn.functional.layer_norm(tensor, normalized_shape, weight, bias, eps);
}
