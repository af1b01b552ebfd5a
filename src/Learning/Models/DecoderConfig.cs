using System.Text.Json;
using System.Text.Json.Nodes;
using DataflowRlhf.Learning.Models.Families;
using DataflowRlhf.Learning.Models.Lora;
using DataflowRlhf.Learning.Models.Rope;

namespace DataflowRlhf.Learning.Models;

/// <summary>A decoder's shape, as <c>config.json</c> of a Hugging Face folder says it (transformers 4 and 5 layouts). Null stands for what its family does anyway.</summary>
public sealed record DecoderConfig
{
    private const int MostBytes = 1 << 24;

    /// <summary>The architecture: gpt2, gpt_neox, llama, mistral, qwen2, qwen3 or gemma.</summary>
    public required string ModelType { get; init; }
    public required int VocabSize { get; init; }
    public required int HiddenSize { get; init; }
    public required int Layers { get; init; }
    public required int Heads { get; init; }

    /// <summary>Key and value heads; as many as <see cref="Heads"/> where they are not grouped.</summary>
    public int KvHeads { get; init; }
    public int HeadDim { get; init; }
    public required int FfnSize { get; init; }

    /// <summary>The config's <c>max_position_embeddings</c>; see <see cref="Longest"/>.</summary>
    public int MaxPositions { get; init; } = 2048;
    public double RopeTheta { get; init; } = 10000;

    /// <summary>How rotary positions are stretched; null: not at all.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>The share of each head that rotary positions turn. Default: 1.</summary>
    public double RotaryShare { get; init; } = 1;
    public double NormEps { get; init; } = 1e-5;
    public bool TieEmbeddings { get; init; }

    /// <summary>The MLP's function, by its name in configs, such as gelu_new.</summary>
    public string? Activation { get; init; }

    /// <summary>Biases in attention.</summary>
    public bool? AttentionBias { get; init; }

    /// <summary>Biases in the MLP.</summary>
    public bool? MlpBias { get; init; }

    /// <summary>Attention and MLP read the same state, rather than the MLP what attention left.</summary>
    public bool? ParallelResidual { get; init; }

    /// <summary>Attention's logits are divided by the layer's number as well, from 1.</summary>
    public bool ScaleByLayer { get; init; }

    /// <summary>Dropout that the config asks for while training.</summary>
    public double Dropout { get; init; }

    /// <summary>Positions a token may look back, itself included; 0: all.</summary>
    public int SlidingWindow { get; init; }

    /// <summary>For each layer whether <see cref="SlidingWindow"/> holds for it; null: for all.</summary>
    public EqualList<bool>? SlidingLayers { get; init; }

    /// <summary>The token that ends a text; where the config lists several, the first.</summary>
    public int? EosTokenId { get; init; }

    /// <summary>Further tokens that end a text, kept for who reads the saved folder; null: none.</summary>
    public EqualList<int>? MoreEosTokenIds { get; init; }
    public int? PadTokenId { get; init; }
    public int? BosTokenId { get; init; }

    /// <summary>Tokens of the longest sequence that can be computed: <see cref="MaxPositions"/>, or more where <see cref="RopeScaling"/> stretches beyond them.</summary>
    public int Longest => RopeScaling is null ? MaxPositions : (int)Math.Min(int.MaxValue, RopeScaling.Longest(MaxPositions));

    /// <summary>Positions that a token of a layer may look back, itself included; 0: all.</summary>
    public int WindowOf(int layer) => SlidingLayers is null || SlidingLayers[layer] ? SlidingWindow : 0;

    internal Family Family => Family.Find(ModelType) ?? throw new ArgumentException($"model_type '{ModelType}' is not supported; {Family.Supported} are.");

    internal bool QkvBias => AttentionBias ?? Family.AttentionBias;

    internal bool OutBias => QkvBias && Family.OutBias;

    internal bool BiasedMlp => MlpBias ?? Family.MlpBias;

    /// <summary>Values of a head that rotary positions turn.</summary>
    internal int RotaryDim => (int)(HeadDim * RotaryShare);

    /// <summary>What a layer's attention logits are multiplied by.</summary>
    internal double ScaleOf(int layer) => 1 / Math.Sqrt(HeadDim) / (ScaleByLayer ? layer + 1 : 1);

    /// <exception cref="ModelFolderException">There is no config, it is not JSON, or it describes what is not supported or cannot be.</exception>
    public static DecoderConfig Read(string folder)
    {
        if (LoraFolder.IsOne(folder))
            return Read(LoraFolder.StartOf(folder));
        var path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
            throw new ModelFolderException($"{folder} is not a model folder: it has no config.json.");
        try
        {
            var json = JsonNode.Parse(PlainFile.ReadText(path, MostBytes), documentOptions: new() { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new ModelFolderException($"{path} is not a JSON object.");
            return Read(new ConfigFields(path, json));
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ModelFolderException($"{path} cannot be read: {broken.Message}", broken);
        }
    }

    private static DecoderConfig Read(ConfigFields fields)
    {
        var type = fields.Text("model_type") ?? throw fields.Wrong($"'model_type' is missing; {Family.Supported} are supported");
        var family = Family.Find(type) ?? throw fields.Wrong($"model_type '{type}' is not supported; {Family.Supported} are");
        var ends = fields.Ids("eos_token_id");
        var config = family.Read(fields) with
        {
            EosTokenId = ends.Length > 0 ? ends[0] : null,
            MoreEosTokenIds = ends.Length > 1 ? new(ends[1..]) : null,
            PadTokenId = fields.Id("pad_token_id"),
            BosTokenId = fields.Id("bos_token_id"),
        };
        if (config.Heads % config.KvHeads != 0)
            throw fields.Wrong($"{config.Heads} heads do not share out over {config.KvHeads} key and value heads");
        if (family.Names.Positions is null && (config.RotaryDim < 2 || config.RotaryDim % 2 != 0))
            throw fields.Wrong($"rotary positions turn pairs of values, and of a head's {config.HeadDim} they would turn {config.RotaryDim}");
        if (config.RopeScaling is DynamicRope && config.RotaryDim == 2)
            throw fields.Wrong("rope scaling dynamic needs more than one pair of values in a head");
        return config;
    }

    /// <summary>A <c>config.json</c> that transformers 4 and 5 read.</summary>
    /// <param name="architecture">Such as <c>LlamaForCausalLM</c>.</param>
    /// <param name="dtype">float64, float32, float16 or bfloat16.</param>
    public string ToJson(string architecture, string dtype = "float32")
    {
        var json = new JsonObject { ["architectures"] = new JsonArray(architecture), ["model_type"] = ModelType };
        Family.Write(this, json);
        (json["vocab_size"], json["tie_word_embeddings"], json["torch_dtype"]) = (VocabSize, TieEmbeddings, dtype);
        (json["bos_token_id"], json["eos_token_id"], json["pad_token_id"]) = (BosTokenId, Ends(), PadTokenId);
        if (architecture == Family.Classes.Classifier)
            (json["id2label"], json["label2id"], json["num_labels"]) = (new JsonObject { ["0"] = "LABEL_0" }, new JsonObject { ["LABEL_0"] = 0 }, 1);
        return Written(json);
    }

    /// <summary>A <c>generation_config.json</c>: where texts begin and end, as far as the config says.</summary>
    public string ToGenerationJson()
    {
        var json = new JsonObject { ["_from_model_config"] = true };
        foreach (var (name, id) in new (string, JsonNode?)[] { ("bos_token_id", BosTokenId), ("eos_token_id", Ends()), ("pad_token_id", PadTokenId) })
            if (id is not null)
                json[name] = id;
        return Written(json);
    }

    private JsonNode? Ends() => MoreEosTokenIds is null ? EosTokenId : new JsonArray([.. MoreEosTokenIds.Prepend(EosTokenId!.Value).Select(id => (JsonNode)id)]);

    private static string Written(JsonObject json) => json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
}
