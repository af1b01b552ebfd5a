using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Rows of a table.</summary>
public sealed class Embedding : nn.Module<Tensor, Tensor>
{
    private readonly long padding;

    internal Embedding(long count, long dims, long? padding, Device? device, ScalarType? dtype)
        : base(nameof(Embedding))
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        // The native call counts a negative row as none.
        this.padding = padding is { } row ? (row < 0 ? row + count : row) : -1;
        weight = new Parameter(randn(count, dims, dtype, device));
        if (this.padding >= 0)
            weight[this.padding].zero_();
        weight.DetachFromDisposeScope();
        register_parameter(nameof(weight), weight);
    }

    public Parameter? weight { get; set; }

    public override Tensor forward(Tensor input) => new(Native.Check(Native.n_embedding(weight!.Handle, input.Handle, padding)));
}
