using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models.Families;

/// <summary>Llama 1 to 3 (Touvron et al. 2023), and what calls itself so.</summary>
internal sealed class Llama : LlamaLike
{
    public override string ModelType => "llama";
    public override (string Language, string Classifier) Classes => ("LlamaForCausalLM", "LlamaForSequenceClassification");

    public override DecoderConfig Read(ConfigFields fields) => base.Read(fields) with { MlpBias = Unless(fields.Flag("mlp_bias", MlpBias), MlpBias) };

    public override void Write(DecoderConfig config, JsonObject json)
    {
        base.Write(config, json);
        json["mlp_bias"] = config.MlpBias ?? MlpBias;
    }
}
