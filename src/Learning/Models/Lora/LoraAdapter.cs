using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models.Lora;

/// <summary>The adapter of one weight.</summary>
/// <param name="Name">The weight's, without <c>.weight</c> and the model's prefix.</param>
/// <param name="A">(rank, in).</param>
/// <param name="B">(out, rank).</param>
internal sealed record LoraAdapter(string Name, Parameter A, Parameter B, double Scale)
{
    /// <summary>A as PEFT draws it, uniform in ±1/√in; B zero, so that the model is at first what it was.</summary>
    public static LoraAdapter Create(string name, Projection to, LoraSettings settings, Generator generator)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var (input, output) = (to.Weight.size(to.Transposed ? 0 : 1), to.Weight.size(to.Transposed ? 1 : 0));
        var drawn = (rand([settings.Rank, input], generator: generator) * 2 - 1) / Math.Sqrt(input);
        var (a, b) = (new Parameter(drawn.to(to.Weight.dtype, to.Weight.device)), new Parameter(zeros([output, settings.Rank], to.Weight.dtype, to.Weight.device)));
        scope.Detach(a, b);
        return new(name, a, b, settings.Scale);
    }

    /// <summary>What is added to the weight's own result.</summary>
    public Tensor Of(Tensor x) => nn.functional.linear(nn.functional.linear(x, A), B) * Scale;

    /// <summary>scale · B A in the weight's own layout; times −1 takes it off again.</summary>
    public Tensor Delta(bool transposed)
    {
        var delta = B.mm(A) * Scale;
        return transposed ? delta.transpose(0, 1) : delta;
    }
}
