using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>x Wᵀ + b over the last dimension; GPT-2 stores W (in, out), the others (out, in).</summary>
internal sealed record Projection(Parameter Weight, Parameter? Bias, bool Transposed)
{
    public Tensor Of(Tensor x)
    {
        if (!Transposed)
            return nn.functional.linear(x, Weight, Bias);
        var y = x.matmul(Weight);
        return Bias is null ? y : y + Bias;
    }
}
