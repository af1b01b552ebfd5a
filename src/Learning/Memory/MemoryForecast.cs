namespace DataflowRlhf.Learning.Memory;

/// <summary>What a training step will need at its peak, in bytes, beside what the program itself takes.</summary>
/// <param name="Weights">All weights, frozen ones too.</param>
/// <param name="Gradients">Of the trained weights.</param>
/// <param name="Moments">AdamW's two.</param>
/// <param name="Masters">Float32 copies of bfloat16 weights.</param>
/// <param name="Kept">Activations at the peak that the gradient still needs.</param>
/// <param name="Passing">The rest at the peak: what one layer, the logits, or the optimizer makes and drops.</param>
public sealed record MemoryForecast(long Weights, long Gradients, long Moments, long Masters, long Kept, long Passing)
{
    /// <summary>What passing tensors take of a CPU's heap for each of their bytes: where many sizes come and go, holes are left between them. Measured, see docs/memory.md.</summary>
    public double Holes { get; init; } = 1.5;

    /// <summary>Work space of the matrix products and what is too small to count.</summary>
    private const long Small = 10 << 20;

    /// <summary>All tensors together.</summary>
    public long Tensors => Weights + Gradients + Moments + Masters + Kept + Passing;

    /// <summary>What is there from the first step on, whatever is passed through: all but the activations.</summary>
    public long Held => Weights + Gradients + Moments + Masters;

    /// <summary>What the process takes for them: on a CPU more than the tensors, as the heap has holes.</summary>
    /// <param name="device"><c>cpu</c> or <c>cuda:0</c>.</param>
    public long Peak(string device) => device == "cpu" ? Tensors + (long)((Holes - 1) * (Kept + Passing)) + Small : Tensors;
}
