using DataflowRlhf.Learning.Models.Lora;
using DataflowRlhf.Learning.Packing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>A decoder with a language-model head, which may share the embeddings' weights.</summary>
public sealed class CausalLm : nn.Module
{
    private readonly Parameter? head;

    internal CausalLm(Decoder decoder, Tensor? head)
        : base(nameof(CausalLm))
    {
        Decoder = decoder;
        register_module("decoder", decoder);
        if (head is null)
            return;
        this.head = new Parameter(head);
        register_parameter("lm_head", this.head);
    }

    public Decoder Decoder { get; }

    internal Parameter? Head => head;

    /// <summary>(tokens, hidden).</summary>
    public Tensor Hidden(PackedBatch batch) => Decoder.Hidden(batch);

    /// <summary>(rows, vocabulary) of any selected rows of hidden states, (rows, hidden).</summary>
    public Tensor Logits(Tensor hidden) => nn.functional.linear(hidden, head ?? Decoder.Embeddings);

    /// <summary>This head over another decoder of the same shape, which stays the other's.</summary>
    public CausalLm Over(Decoder decoder)
    {
        using var off = no_grad();
        return new(decoder, head?.clone());
    }

    /// <summary>Freezes everything and sets low-rank adapters beside the decoder's weights; see <see cref="Decoder.Adapt"/>.</summary>
    public LoraAdapters Adapt(LoraSettings settings, long seed)
    {
        head?.requires_grad_(false);
        return Decoder.Adapt(settings, seed);
    }

    /// <summary>Makes the adapters part of the weights for good.</summary>
    public void Absorb()
    {
        Decoder.Absorb();
        head?.requires_grad_(true);
    }
}
