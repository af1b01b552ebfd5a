using System.Text.Json.Nodes;
using DataflowRlhf.Learning.Models.Rope;

namespace DataflowRlhf.Learning.Models.Families;

/// <summary>
/// GPT-NeoX and Pythia (Black et al. 2022): rotary positions on a part of each head, layer norm, biases, query, key and value side by side for each head;
/// attention and MLP read the same state (parallel residual) or one after the other.
/// </summary>
internal sealed class GptNeoX : Family
{
    private const double UsualShare = 0.25;

    public override string ModelType => "gpt_neox";
    public override (string Language, string Classifier) Classes => ("GPTNeoXForCausalLM", "GPTNeoXForSequenceClassification");
    public override string Activation => "gelu";
    public override bool LayerNorm => true;
    public override bool AttentionBias => true;
    public override bool MlpBias => true;
    public override bool FusedByHead => true;
    public override bool ParallelResidual => true;

    public override WeightNames Names { get; } = new()
    {
        Prefix = "gpt_neox.",
        Embeddings = "embed_in",
        AttentionNorm = "input_layernorm",
        QueryKeyValue = ["attention.query_key_value"],
        Out = "attention.dense",
        MlpNorm = "post_attention_layernorm",
        Up = "mlp.dense_h_to_4h",
        Down = "mlp.dense_4h_to_h",
        FinalNorm = "final_layer_norm",
        Head = "embed_out.weight",
        Constants = [".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"],
    };

    public override DecoderConfig Read(ConfigFields fields)
    {
        var (hidden, heads) = (fields.Need("hidden_size"), fields.Need("num_attention_heads"));
        var rope = fields.Object("rope_parameters");
        var size = hidden % heads == 0 ? hidden / heads : throw fields.Wrong($"hidden_size {hidden} does not share out over num_attention_heads {heads}");
        var share = rope?.Has("partial_rotary_factor") == true ? rope.Above0("partial_rotary_factor") : fields.Above0("rotary_pct", UsualShare);
        return new()
        {
            ModelType = ModelType,
            VocabSize = fields.Need("vocab_size"),
            HiddenSize = hidden,
            Layers = fields.Need("num_hidden_layers", ConfigFields.MostLayers),
            Heads = heads,
            KvHeads = heads,
            HeadDim = size,
            FfnSize = fields.Need("intermediate_size"),
            MaxPositions = fields.Need("max_position_embeddings", ConfigFields.MostPositions),
            RotaryShare = share <= 1 ? share : throw fields.Wrong($"rotary_pct must be at most 1; it is {share}"),
            RopeTheta = rope?.Has("rope_theta") == true ? rope.Above0("rope_theta") : fields.Above0("rotary_emb_base", fields.Above0("rope_theta", 10000)),
            RopeScaling = RopeScaling.Read(rope ?? fields.Object("rope_scaling")),
            NormEps = fields.AtLeast("layer_norm_eps", 0, 1e-5),
            Activation = Unless(Activations.Read(fields, "hidden_act", Activation), Activation),
            AttentionBias = Unless(fields.Flag("attention_bias", AttentionBias), AttentionBias),
            ParallelResidual = Unless(fields.Flag("use_parallel_residual", ParallelResidual), ParallelResidual),
            TieEmbeddings = fields.Flag("tie_word_embeddings", false),
        };
    }

    public override void Write(DecoderConfig config, JsonObject json)
    {
        (json["hidden_size"], json["num_hidden_layers"], json["num_attention_heads"]) = (config.HiddenSize, config.Layers, config.Heads);
        (json["intermediate_size"], json["max_position_embeddings"], json["hidden_act"]) = (config.FfnSize, config.MaxPositions, config.Activation ?? Activation);
        (json["layer_norm_eps"], json["rotary_emb_base"], json["rotary_pct"]) = (config.NormEps, config.RopeTheta, config.RotaryShare);
        (json["attention_bias"], json["use_parallel_residual"]) = (config.AttentionBias ?? AttentionBias, config.ParallelResidual ?? ParallelResidual);
        if (config.RopeScaling is { } stretch)
            json["rope_scaling"] = stretch.ToJson();
    }
}
