namespace DataflowRlhf.Learning.Models.Families;

/// <summary>Qwen 3 (Yang et al. 2025): no biases, a norm over each head of query and key, heads of a size of their own; sliding windows as in Qwen 2.</summary>
internal sealed class Qwen3 : Qwen2
{
    public Qwen3() => Names = base.Names with { HeadNorms = ("self_attn.q_norm", "self_attn.k_norm") };

    public override string ModelType => "qwen3";
    public override (string Language, string Classifier) Classes => ("Qwen3ForCausalLM", "Qwen3ForSequenceClassification");
    public override WeightNames Names { get; }
    public override bool AttentionBias => false;
    public override bool OutBias => true;
    protected override bool AsksAttentionBias => true;
    protected override int UsualHeadDim => 128;
}
