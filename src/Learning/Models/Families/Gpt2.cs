using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models.Families;

/// <summary>GPT-2 (Radford et al. 2019): learned positions, layer norm before each part, biases everywhere, one weight for query, key and value.</summary>
internal sealed class Gpt2 : Family
{
    public override string ModelType => "gpt2";
    public override (string Language, string Classifier) Classes => ("GPT2LMHeadModel", "GPT2ForSequenceClassification");
    public override string Activation => "gelu_new";
    public override bool LayerNorm => true;
    public override bool AttentionBias => true;
    public override bool MlpBias => true;
    public override bool Transposed => true;

    public override WeightNames Names { get; } = new()
    {
        Prefix = "transformer.",
        Embeddings = "wte",
        Positions = "wpe",
        Layer = "h.#.",
        AttentionNorm = "ln_1",
        QueryKeyValue = ["attn.c_attn"],
        Out = "attn.c_proj",
        MlpNorm = "ln_2",
        Up = "mlp.c_fc",
        Down = "mlp.c_proj",
        FinalNorm = "ln_f",
        Constants = [".attn.bias", ".attn.masked_bias"],
    };

    public override DecoderConfig Read(ConfigFields fields)
    {
        if (!fields.Flag("scale_attn_weights", true))
            throw fields.Wrong("scale_attn_weights: false is not supported; true is");
        if (fields.Flag("add_cross_attention", false))
            throw fields.Wrong("add_cross_attention: true is not supported; false is");
        var (hidden, heads) = (fields.Need("n_embd"), fields.Need("n_head"));
        return new()
        {
            ModelType = ModelType,
            VocabSize = fields.Need("vocab_size"),
            HiddenSize = hidden,
            Layers = fields.Need("n_layer", ConfigFields.MostLayers),
            Heads = heads,
            KvHeads = heads,
            HeadDim = hidden % heads == 0 ? hidden / heads : throw fields.Wrong($"n_embd {hidden} does not share out over n_head {heads}"),
            FfnSize = fields.May("n_inner") ?? 4 * hidden,
            MaxPositions = fields.Need("n_positions"),
            NormEps = fields.AtLeast("layer_norm_epsilon", 0, 1e-5),
            Activation = Unless(Activations.Read(fields, "activation_function", Activation), Activation),
            ScaleByLayer = fields.Flag("scale_attn_by_inverse_layer_idx", false),
            TieEmbeddings = fields.Flag("tie_word_embeddings", true),
        };
    }

    public override void Write(DecoderConfig config, JsonObject json)
    {
        (json["n_embd"], json["n_layer"], json["n_head"], json["n_inner"], json["n_positions"]) = (config.HiddenSize, config.Layers, config.Heads, config.FfnSize, config.MaxPositions);
        (json["activation_function"], json["layer_norm_epsilon"], json["scale_attn_by_inverse_layer_idx"]) = (config.Activation ?? Activation, config.NormEps, config.ScaleByLayer);
    }
}
