using System.Text.Json;
using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models;

/// <summary>A decoder's shape, as <c>config.json</c> of a Hugging Face folder says it (transformers 4 and 5 layouts).</summary>
public sealed record DecoderConfig
{
    /// <summary>llama, mistral, qwen2, qwen3 or gpt2.</summary>
    public required string ModelType { get; init; }
    public required int VocabSize { get; init; }
    public required int HiddenSize { get; init; }
    public required int Layers { get; init; }
    public required int Heads { get; init; }

    /// <summary>Key and value heads; as many as <see cref="Heads"/> where they are not grouped.</summary>
    public int KvHeads { get; init; }
    public int HeadDim { get; init; }
    public required int FfnSize { get; init; }
    public int MaxPositions { get; init; } = 2048;
    public double RopeTheta { get; init; } = 10000;

    /// <summary>Rotary positions stretched as Llama 3.1 does; null: as they are.</summary>
    public RopeScaling? RopeScaling { get; init; }
    public double NormEps { get; init; } = 1e-5;
    public bool TieEmbeddings { get; init; }

    /// <summary>Dropout that the config asks for while training.</summary>
    public double Dropout { get; init; }

    /// <summary>Positions a token may look back, itself included; 0: all.</summary>
    public int SlidingWindow { get; init; }
    public int? EosTokenId { get; init; }
    public int? PadTokenId { get; init; }
    public int? BosTokenId { get; init; }

    internal bool IsGpt2 => ModelType == "gpt2";
    internal bool HasQkvBias => ModelType == "qwen2";
    internal bool HasQkNorm => ModelType == "qwen3";

    private static readonly string[] Supported = ["llama", "mistral", "qwen2", "qwen3", "gpt2"];

    /// <exception cref="ModelFolderException">There is no config, it is not JSON, or it describes what is not supported.</exception>
    public static DecoderConfig Read(string folder)
    {
        var path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
            throw new ModelFolderException($"{folder} is not a model folder: it has no config.json.");
        try
        {
            return Parse(path, JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new ModelFolderException($"{path} is not a JSON object."));
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException)
        {
            throw new ModelFolderException($"{path} cannot be read: {broken.Message}", broken);
        }
    }

    private static DecoderConfig Parse(string path, JsonObject json)
    {
        var type = Text(json, "model_type") ?? "";
        if (!Supported.Contains(type))
            throw new ModelFolderException($"{path}: model_type '{type}' is not supported; {string.Join(", ", Supported)} are.");
        int Need(string name) => Whole(json, name) is > 0 and var value ? value : throw new ModelFolderException($"{path}: '{name}' must be a whole number above 0; it is {json[name]?.ToJsonString() ?? "missing"}.");
        int? May(string name) => json[name] is null ? null : Need(name);
        var config = type == "gpt2" ? Gpt2(path, json, Need, May) : LlamaLike(path, type, json, Need, May);
        if (config.HiddenSize % config.Heads != 0 && json["head_dim"] is null)
            throw new ModelFolderException($"{path}: {config.HiddenSize} hidden values do not share out over {config.Heads} heads.");
        if (config.Heads % config.KvHeads != 0)
            throw new ModelFolderException($"{path}: {config.Heads} heads do not share out over {config.KvHeads} key and value heads.");
        return config;
    }

    private static DecoderConfig Gpt2(string path, JsonObject json, Func<string, int> need, Func<string, int?> may)
    {
        if ((Text(json, "activation_function") ?? "gelu_new") is not ("gelu_new" or "gelu_pytorch_tanh") and var activation)
            throw new ModelFolderException($"{path}: activation_function '{activation}' is not supported; gelu_new is.");
        return new()
        {
            ModelType = "gpt2",
            VocabSize = need("vocab_size"),
            HiddenSize = need("n_embd"),
            Layers = need("n_layer"),
            Heads = need("n_head"),
            KvHeads = need("n_head"),
            HeadDim = need("n_embd") / need("n_head"),
            FfnSize = may("n_inner") ?? 4 * need("n_embd"),
            MaxPositions = need("n_positions"),
            NormEps = Number(json, "layer_norm_epsilon") ?? 1e-5,
            TieEmbeddings = Flag(json, "tie_word_embeddings") ?? true,
            EosTokenId = Id(json, "eos_token_id"),
            PadTokenId = Id(json, "pad_token_id"),
            BosTokenId = Id(json, "bos_token_id"),
        };
    }

    private static DecoderConfig LlamaLike(string path, string type, JsonObject json, Func<string, int> need, Func<string, int?> may)
    {
        var rope = json["rope_parameters"] as JsonObject;
        var scaling = rope ?? json["rope_scaling"] as JsonObject;
        var stretch = Text(scaling, "rope_type") ?? Text(scaling, "type") ?? "default";
        if (stretch is not ("default" or "llama3"))
            throw new ModelFolderException($"{path}: rope scaling '{stretch}' is not supported; default and llama3 are.");
        if ((Text(json, "hidden_act") ?? "silu") is not ("silu" or "swish") and var activation)
            throw new ModelFolderException($"{path}: hidden_act '{activation}' is not supported; silu is.");
        if (Flag(json, "attention_bias") == true && type != "qwen2")
            throw new ModelFolderException($"{path}: attention_bias is not supported for {type}.");
        if (Flag(json, "mlp_bias") == true)
            throw new ModelFolderException($"{path}: mlp_bias is not supported.");
        var heads = need("num_attention_heads");
        return new()
        {
            ModelType = type,
            VocabSize = need("vocab_size"),
            HiddenSize = need("hidden_size"),
            Layers = need("num_hidden_layers"),
            Heads = heads,
            KvHeads = may("num_key_value_heads") ?? heads,
            HeadDim = may("head_dim") ?? need("hidden_size") / heads,
            FfnSize = need("intermediate_size"),
            MaxPositions = need("max_position_embeddings"),
            RopeScaling = stretch == "llama3" ? Stretched(path, scaling!) : null,
            RopeTheta = Number(rope, "rope_theta") ?? Number(json, "rope_theta") ?? 10000,
            NormEps = Number(json, "rms_norm_eps") ?? 1e-6,
            TieEmbeddings = Flag(json, "tie_word_embeddings") ?? false,
            SlidingWindow = type == "mistral" ? Whole(json, "sliding_window") ?? 0 : 0,
            EosTokenId = Id(json, "eos_token_id"),
            PadTokenId = Id(json, "pad_token_id"),
            BosTokenId = Id(json, "bos_token_id"),
        };
    }

    private static RopeScaling Stretched(string path, JsonObject scaling)
    {
        double Need(string name) => Number(scaling, name) is > 0 and var value ? value : throw new ModelFolderException($"{path}: rope scaling llama3 needs '{name}' above 0; it is {scaling[name]?.ToJsonString() ?? "missing"}.");
        var (low, high) = (Need("low_freq_factor"), Need("high_freq_factor"));
        if (high <= low)
            throw new ModelFolderException($"{path}: rope scaling llama3 needs a high_freq_factor above its low_freq_factor; they are {high} and {low}.");
        return new(Need("factor"), low, high, (int)Need("original_max_position_embeddings"));
    }

    /// <summary>A <c>config.json</c> that transformers 4 and 5 read.</summary>
    /// <param name="architecture">Such as <c>LlamaForCausalLM</c>.</param>
    /// <param name="dtype">float32 or bfloat16.</param>
    public string ToJson(string architecture, string dtype = "float32")
    {
        var json = new JsonObject { ["architectures"] = new JsonArray(architecture), ["model_type"] = ModelType };
        if (IsGpt2)
        {
            (json["n_embd"], json["n_layer"], json["n_head"], json["n_inner"], json["n_positions"]) = (HiddenSize, Layers, Heads, FfnSize, MaxPositions);
            (json["activation_function"], json["layer_norm_epsilon"]) = ("gelu_new", NormEps);
        }
        else
        {
            (json["hidden_size"], json["num_hidden_layers"], json["num_attention_heads"], json["num_key_value_heads"]) = (HiddenSize, Layers, Heads, KvHeads);
            (json["head_dim"], json["intermediate_size"], json["max_position_embeddings"], json["hidden_act"]) = (HeadDim, FfnSize, MaxPositions, "silu");
            (json["rms_norm_eps"], json["rope_theta"]) = (NormEps, RopeTheta);
            if (RopeScaling is { } stretch)
                json["rope_scaling"] = new JsonObject
                {
                    ["rope_type"] = "llama3",
                    ["factor"] = stretch.Factor,
                    ["low_freq_factor"] = stretch.LowFactor,
                    ["high_freq_factor"] = stretch.HighFactor,
                    ["original_max_position_embeddings"] = stretch.OriginalPositions,
                };
            if (ModelType == "mistral")
                json["sliding_window"] = SlidingWindow > 0 ? SlidingWindow : null;
        }
        (json["vocab_size"], json["tie_word_embeddings"], json["torch_dtype"]) = (VocabSize, TieEmbeddings, dtype);
        (json["bos_token_id"], json["eos_token_id"], json["pad_token_id"]) = (BosTokenId, EosTokenId, PadTokenId);
        if (architecture.EndsWith("ForSequenceClassification", StringComparison.Ordinal))
            (json["id2label"], json["label2id"], json["num_labels"]) = (new JsonObject { ["0"] = "LABEL_0" }, new JsonObject { ["LABEL_0"] = 0 }, 1);
        return json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
    }

    private static string? Text(JsonObject? json, string name) => json?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static int? Whole(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<int>(out var number) ? number : null;

    private static double? Number(JsonObject? json, string name) => json?[name] is JsonValue value && value.TryGetValue<double>(out var number) ? number : null;

    private static bool? Flag(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;

    /// <summary>A token id, or the first of a list of them.</summary>
    private static int? Id(JsonObject json, string name) => json[name] is JsonArray { Count: > 0 } list ? list[0]?.GetValue<int>() : Whole(json, name);
}
