using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models.Families;

/// <summary>Mistral (Jiang et al. 2023): Llama with a sliding window in every layer, or in none.</summary>
internal sealed class Mistral : LlamaLike
{
    private const int UsualWindow = 4096;

    public override string ModelType => "mistral";
    public override (string Language, string Classifier) Classes => ("MistralForCausalLM", "MistralForSequenceClassification");
    protected override bool AsksAttentionBias => false;

    public override DecoderConfig Read(ConfigFields fields) => base.Read(fields) with
    {
        SlidingWindow = fields.Names("sliding_window") ? fields.May("sliding_window", ConfigFields.MostPositions) ?? 0 : UsualWindow,
    };

    public override void Write(DecoderConfig config, JsonObject json)
    {
        base.Write(config, json);
        json["sliding_window"] = config.SlidingWindow > 0 ? config.SlidingWindow : null;
    }
}
