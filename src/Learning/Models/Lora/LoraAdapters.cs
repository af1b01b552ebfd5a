using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models.Lora;

/// <summary>All adapters of a decoder: they can be switched off for a while, and become part of the weights, or be taken out of them again.</summary>
public sealed class LoraAdapters
{
    private readonly List<(Projection To, LoraAdapter Adapter)> all;
    private bool merged;

    internal LoraAdapters(LoraSettings settings, List<(Projection To, LoraAdapter Adapter)> all)
    {
        (Settings, this.all) = (settings, all);
        Switch(on: true);
    }

    public LoraSettings Settings { get; }

    internal IEnumerable<LoraAdapter> All => all.Select(a => a.Adapter);

    /// <summary>Until it is disposed of, the model is what it was without adapters: a reference that costs no memory.</summary>
    public IDisposable Off()
    {
        Switch(on: false);
        return new Restored(this);
    }

    /// <summary>Adds every adapter to its weight: the same results at the speed of the model alone.</summary>
    public void Merge() => Add(1);

    /// <summary>Takes merged adapters out of the weights again; equal to before up to rounding.</summary>
    public void Unmerge() => Add(-1);

    private void Add(int sign)
    {
        if (merged == sign > 0)
            throw new InvalidOperationException(merged ? "The adapters are part of the weights already." : "The adapters are not part of the weights.");
        using var off = no_grad();
        foreach (var (to, adapter) in all)
        {
            using var scope = NewDisposeScope();
            to.Weight.add_(adapter.Delta(to.Transposed), sign);
        }
        merged = sign > 0;
        Switch(on: !merged);
    }

    private void Switch(bool on)
    {
        foreach (var (to, adapter) in all)
            to.Adapter = on ? adapter : null;
    }

    private sealed class Restored(LoraAdapters of) : IDisposable
    {
        public void Dispose() => of.Switch(on: !of.merged);
    }
}
