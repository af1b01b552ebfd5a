using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models.Families;

/// <summary>Qwen 2 and 2.5 (Yang et al. 2024): Llama with biases on query, key and value, and a sliding window in some layers if the config wants it.</summary>
internal class Qwen2 : LlamaLike
{
    private const string Full = "full_attention", Sliding = "sliding_attention";
    private const int UsualFullLayers = 28;

    public override string ModelType => "qwen2";
    public override (string Language, string Classifier) Classes => ("Qwen2ForCausalLM", "Qwen2ForSequenceClassification");
    public override bool AttentionBias => true;
    public override bool OutBias => false;
    protected override bool AsksAttentionBias => false;

    public override DecoderConfig Read(ConfigFields fields)
    {
        var config = base.Read(fields);
        var window = fields.Flag("use_sliding_window", false) ? fields.Need("sliding_window", ConfigFields.MostPositions) : 0;
        var layers = fields.Texts("layer_types") ?? ByNumber(config.Layers, fields);
        if (layers.Length != config.Layers)
            throw fields.Wrong($"layer_types names {layers.Length} layers, and num_hidden_layers is {config.Layers}");
        if (layers.FirstOrDefault(l => l is not (Full or Sliding)) is { } other)
            throw fields.Wrong($"layer_types has '{other}'; {Full} and {Sliding} are supported");
        if (window == 0 && fields.Has("layer_types") && layers.Contains(Sliding))
            throw fields.Wrong($"layer_types has {Sliding}, and use_sliding_window is not true");
        return window == 0 || !layers.Contains(Sliding) ? config
            : config with { SlidingWindow = window, SlidingLayers = layers.Contains(Full) ? new(layers.Select(l => l == Sliding)) : null };
    }

    private static string[] ByNumber(int layers, ConfigFields fields)
    {
        var from = fields.AtLeast("max_window_layers", 0, UsualFullLayers);
        return [.. Enumerable.Range(0, layers).Select(i => i >= from ? Sliding : Full)];
    }

    /// <summary>The first layer of a run of sliding ones that goes on to the end, which is all that older readers can be told.</summary>
    private static int FirstOfLast(DecoderConfig config) => Enumerable.Range(0, config.Layers).Reverse().TakeWhile(i => config.WindowOf(i) > 0).LastOrDefault(config.Layers);

    public override void Write(DecoderConfig config, JsonObject json)
    {
        base.Write(config, json);
        json["use_sliding_window"] = config.SlidingWindow > 0;
        json["sliding_window"] = config.SlidingWindow > 0 ? config.SlidingWindow : null;
        json["max_window_layers"] = FirstOfLast(config);
        if (config.SlidingWindow > 0)
            json["layer_types"] = new JsonArray([.. Enumerable.Range(0, config.Layers).Select(i => (JsonNode)(config.WindowOf(i) > 0 ? Sliding : Full))]);
    }
}
