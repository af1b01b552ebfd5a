using System.Text.Json.Nodes;
using DataflowRlhf.Learning.Models.Rope;

namespace DataflowRlhf.Learning.Models.Families;

/// <summary>What Llama and those built after it share: RMS norm, rotary positions, grouped key and value heads, a gated MLP.</summary>
internal abstract class LlamaLike : Family
{
    public override string Activation => "silu";

    public override WeightNames Names { get; } = new()
    {
        Prefix = "model.",
        Embeddings = "embed_tokens",
        AttentionNorm = "input_layernorm",
        QueryKeyValue = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
        Out = "self_attn.o_proj",
        MlpNorm = "post_attention_layernorm",
        Gate = "mlp.gate_proj",
        Up = "mlp.up_proj",
        Down = "mlp.down_proj",
        FinalNorm = "norm",
        Constants = [".rotary_emb.inv_freq"],
    };

    /// <summary>Tied embeddings where the config does not say.</summary>
    protected virtual bool Ties => false;

    /// <summary>The config may ask for biases by <c>attention_bias</c>.</summary>
    protected virtual bool AsksAttentionBias => true;

    /// <summary>The size of a head where the config does not say; 0: hidden size over heads.</summary>
    protected virtual int UsualHeadDim => 0;

    public override DecoderConfig Read(ConfigFields fields)
    {
        var (hidden, heads) = (fields.Need("hidden_size"), fields.Need("num_attention_heads"));
        var rope = fields.Object("rope_parameters");
        if (AsksAttentionBias ? false : fields.Flag("attention_bias", AttentionBias) != AttentionBias)
            throw fields.Wrong($"attention_bias: {(AttentionBias ? "false" : "true")} is not supported for {ModelType}");
        var share = rope?.Has("partial_rotary_factor") == true ? rope.Above0("partial_rotary_factor") : fields.Above0("partial_rotary_factor", 1);
        if (share != 1)
            throw fields.Wrong($"partial_rotary_factor {share} is not supported for {ModelType}; 1 is, and others are for gpt_neox");
        return new()
        {
            ModelType = ModelType,
            VocabSize = fields.Need("vocab_size"),
            HiddenSize = hidden,
            Layers = fields.Need("num_hidden_layers", ConfigFields.MostLayers),
            Heads = heads,
            KvHeads = fields.May("num_key_value_heads") ?? heads,
            HeadDim = fields.May("head_dim") ?? (UsualHeadDim > 0 ? UsualHeadDim : hidden % heads == 0 ? hidden / heads
                : throw fields.Wrong($"hidden_size {hidden} does not share out over num_attention_heads {heads}, and there is no head_dim")),
            FfnSize = fields.Need("intermediate_size"),
            MaxPositions = fields.Need("max_position_embeddings", ConfigFields.MostPositions),
            RopeTheta = rope?.Has("rope_theta") == true ? rope.Above0("rope_theta") : fields.Above0("rope_theta", 10000),
            RopeScaling = RopeScaling.Read(rope ?? fields.Object("rope_scaling")),
            NormEps = fields.AtLeast("rms_norm_eps", 0, 1e-6),
            Activation = Unless(ReadActivation(fields), Activation),
            AttentionBias = AsksAttentionBias ? Unless(fields.Flag("attention_bias", AttentionBias), AttentionBias) : null,
            TieEmbeddings = fields.Flag("tie_word_embeddings", Ties),
        };
    }

    protected virtual string ReadActivation(ConfigFields fields) => Activations.Read(fields, "hidden_act", Activation);

    public override void Write(DecoderConfig config, JsonObject json)
    {
        (json["hidden_size"], json["num_hidden_layers"], json["num_attention_heads"], json["num_key_value_heads"]) = (config.HiddenSize, config.Layers, config.Heads, config.KvHeads);
        (json["head_dim"], json["intermediate_size"], json["max_position_embeddings"]) = (config.HeadDim, config.FfnSize, config.MaxPositions);
        (json["hidden_act"], json["rms_norm_eps"], json["rope_theta"]) = (config.Activation ?? Activation, config.NormEps, config.RopeTheta);
        if (AsksAttentionBias)
            json["attention_bias"] = config.AttentionBias ?? AttentionBias;
        if (config.RopeScaling is { } stretch)
            json["rope_scaling"] = stretch.ToJson();
    }
}
