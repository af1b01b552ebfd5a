using System.Text.Json;
using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models.Lora;

/// <summary>PEFT's <c>adapter_config.json</c>, as far as it is plain LoRA.</summary>
internal sealed class AdapterConfig
{
    private const long MostBytes = 1 << 20;
    private readonly string path;
    private readonly JsonObject json;

    /// <exception cref="ModelFolderException">It cannot be read, or asks for what is not supported.</exception>
    public AdapterConfig(string path)
    {
        this.path = path;
        json = Parse();
        if (Text("peft_type") is var type && type != "LORA")
            throw Wrong($"peft_type '{type}' is not supported; LORA is");
        foreach (var (name, plain) in new[] { ("use_dora", "false"), ("use_rslora", "false"), ("bias", "\"none\""), ("rank_pattern", "{}"), ("alpha_pattern", "{}"), ("layers_to_transform", "null"), ("trainable_token_indices", "null") })
            if (json[name] is { } value && value.ToJsonString() != plain)
                throw Wrong($"{name}: {value.ToJsonString()} is not supported; {plain} is");
        Settings = new LoraSettings { Rank = (int)Number("r", 1, 65536), Alpha = Number("lora_alpha", double.Epsilon, 1e9), Targets = Targets() };
        Start = Text("base_model_name_or_path");
    }

    public LoraSettings Settings { get; }

    public string? Start { get; }

    private JsonObject Parse()
    {
        try
        {
            return JsonNode.Parse(PlainFile.ReadText(path, MostBytes), documentOptions: new() { AllowDuplicateProperties = false }) as JsonObject ?? throw Wrong("it is no JSON object");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or ArgumentException)
        {
            throw Wrong(e.Message, e);
        }
    }

    private string? Text(string name) => json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private double Number(string name, double least, double most) =>
        json[name] is JsonValue value && value.TryGetValue<double>(out var number) && number >= least && number <= most
            ? number
            : throw Wrong($"{name} is {json[name]?.ToJsonString() ?? "missing"}; a number from {least} to {most} is needed");

    private IReadOnlyList<string> Targets() =>
        json["target_modules"] is JsonArray list && list.Count > 0 && list.All(t => t is JsonValue value && value.TryGetValue<string>(out _))
            ? [.. list.Select(t => t!.GetValue<string>())]
            : throw Wrong($"target_modules is {json["target_modules"]?.ToJsonString() ?? "missing"}; a list of names is needed");

    private ModelFolderException Wrong(string problem, Exception? cause = null) => new($"{path}: {problem.TrimEnd('.')}.", cause);
}
