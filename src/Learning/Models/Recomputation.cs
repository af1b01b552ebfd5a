using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>
/// Gradient checkpointing (Chen et al. 2016): the layers run without a trace, keeping what each was given, and run again on the way back. One layer's
/// intermediate results are held at a time, for a third more work.
/// </summary>
internal sealed class Recomputation
{
    private readonly Func<int, Tensor, Tensor> layer;
    private readonly Tensor bottom;
    private readonly List<Tensor> inputs = [];

    /// <param name="x">What the first layer is given, with its trace.</param>
    /// <param name="layer">A layer by its number: the same result each time it is asked.</param>
    public Recomputation(Tensor x, int layers, Func<int, Tensor, Tensor> layer)
    {
        (bottom, this.layer) = (x, layer);
        using var off = no_grad();
        var hidden = x.detach();
        for (var i = 0; i < layers; i++)
        {
            inputs.Add(hidden);
            hidden = layer(i, hidden);
        }
        Top = hidden.requires_grad_(true);
    }

    /// <summary>What the last layer gave; its gradient is where the way back begins.</summary>
    public Tensor Top { get; }

    /// <summary>From the gradient of <see cref="Top"/> to those of all parameters below.</summary>
    public void Backward()
    {
        if (Top.grad is not { } gradient)
            return;
        for (var i = inputs.Count - 1; i >= 0; i--)
        {
            using var scope = NewDisposeScope();
            using var on = enable_grad();
            var input = inputs[i].detach().requires_grad_(true);
            layer(i, input).backward([gradient]);
            gradient = input.grad!.MoveToOuterDisposeScope();
        }
        if (bottom.requires_grad)
            bottom.backward([gradient]);
    }
}
