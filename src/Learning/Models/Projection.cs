using DataflowRlhf.Learning.Models.Lora;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>x Wᵀ + b over the last dimension, and an adapter's part where there is one; GPT-2 stores W (in, out), the others (out, in).</summary>
/// <param name="Name">In a Hugging Face folder, without the model's prefix and <c>.weight</c>.</param>
internal sealed record Projection(string Name, Parameter Weight, Parameter? Bias, bool Transposed)
{
    public LoraAdapter? Adapter { get; set; }

    public Tensor Of(Tensor x) => Adapter is null ? Plain(x) : Plain(x) + Adapter.Of(x);

    private Tensor Plain(Tensor x)
    {
        if (!Transposed)
            return nn.functional.linear(x, Weight, Bias);
        var y = x.matmul(Weight);
        return Bias is null ? y : y + Bias;
    }
}
