using System.Text.Json.Nodes;
using static DataflowRlhf.Graph.SchemaParts;

namespace DataflowRlhf.Graph;

/// <summary>
/// A JSON Schema (draft-07, which editors know) of the pipeline file, for completion and hints while it is written.
/// It takes all that the checker takes; names of stages, columns and files only the checker can follow.
/// </summary>
public static class PipelineSchema
{
    public static JsonObject Of(StageRegistry registry) => new()
    {
        ["$schema"] = "http://json-schema.org/draft-07/schema#",
        ["title"] = "A DataflowRlhf pipeline",
        ["type"] = "object",
        ["required"] = Names("pipeline", "stages"),
        ["additionalProperties"] = false,
        ["properties"] = new JsonObject
        {
            ["pipeline"] = Said("The pipeline's name: the store remembers each stage's latest artifact under it.", Reference("text")),
            ["seed"] = Said("The run's seed. Default: 0.", Or(new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = ulong.MaxValue }, Reference("digits"), Reference("filled"))),
            ["params"] = new JsonObject
            {
                ["description"] = "Values for ${name} in the stages; --params FILE and --set name=value win over them.",
                ["type"] = "object",
                ["additionalProperties"] = false,
                ["patternProperties"] = new JsonObject { ["^(?!seed$)[A-Za-z0-9_-]+$"] = new JsonObject { ["type"] = Names("string", "number", "boolean", "null") } },
            },
            ["plugins"] = new JsonObject
            {
                ["description"] = "Assemblies of your own whose stages may be used, by their paths from this file. Their code runs when the file is checked or run.",
                ["type"] = "array",
                ["items"] = new JsonObject { ["type"] = "string", ["minLength"] = 1 },
            },
            ["stages"] = Stages("The stages by their names: letters, digits, - and _.", Either("repeat", Reference("rounds"), Reference("stage"))),
        },
        ["definitions"] = new JsonObject
        {
            ["filled"] = Said("With ${name} of a param or a foreach, or ${env:NAME} of the environment.", Text(@"\$\{[^}]*\}")),
            ["digits"] = Text("^[0-9]+$"),
            ["whole"] = Text("^[+-]?[0-9_]*[0-9][0-9_]*$"),
            ["number"] = Text(@"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"),
            ["text"] = new JsonObject { ["type"] = Names("string", "number", "boolean") },
            ["reference"] = Said("A stage: tokens, voter[3], voter[*], round[last].policy, previous.policy | sft.", new JsonObject { ["type"] = Names("string", "integer") }),
            ["sources"] = Or(Reference("reference"), new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = Reference("reference") }),
            ["rounds"] = new JsonObject
            {
                ["type"] = "object",
                ["required"] = Names("repeat", "stages"),
                ["additionalProperties"] = false,
                ["properties"] = new JsonObject
                {
                    ["repeat"] = Said("So many rounds: round[1].policy, round[2].policy, …", Or(new JsonObject { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = Unroller.MostItems }, Reference("digits"), Reference("filled"))),
                    ["stages"] = Stages("The stages of each round.", Reference("stage")),
                },
            },
            ["stage"] = Stage(registry),
        },
    };

    private static JsonObject Stage(StageRegistry registry) => new()
    {
        ["type"] = "object",
        ["required"] = Names("uses"),
        ["additionalProperties"] = false,
        ["properties"] = new JsonObject
        {
            ["uses"] = Said("Which stage it is.", Or([.. registry.Kinds.Select(k => new JsonObject { ["const"] = k.Name, ["description"] = k.Summary }), Reference("filled")])),
            ["from"] = Said("What feeds it: a stage, several, or a map of inputs to stages.", Or(
                Reference("sources"),
                new JsonObject { ["type"] = "object", ["additionalProperties"] = Reference("sources") })),
            ["with"] = new JsonObject { ["description"] = "The stage's options.", ["type"] = "object" },
            ["run"] = new JsonObject
            {
                ["description"] = "How it runs.",
                ["type"] = "object",
                ["minProperties"] = 1,
                ["additionalProperties"] = false,
                ["properties"] = new JsonObject { ["memory"] = Said("try: starts even where the device's memory surely does not do. Default: check, such a run is refused.", Or(new JsonObject { ["enum"] = Names("check", "try") }, Reference("filled"))), ["device"] = Said("gpu, or auto: the best there is.", Or(new JsonObject { ["enum"] = Names("gpu", "auto") }, Reference("filled"))) },
            },
            ["cache"] = Said("false: it runs anew each time. Default: true.", Or(new JsonObject { ["enum"] = new JsonArray(true, false, "true", "false") }, Reference("filled"))),
            ["retry"] = PolicySchema.Retry(),
            ["timeout"] = PolicySchema.Timeout(),
            ["max-bad"] = PolicySchema.MaxBad(),
            ["promises"] = PolicySchema.Promises(),
            ["foreach"] = new JsonObject
            {
                ["description"] = "One variable and its values, a stage for each: { voter: \"1..10\" } makes voter[1] … voter[10], and ${voter} stands for the value.",
                ["type"] = "object",
                ["minProperties"] = 1,
                ["maxProperties"] = 1,
                ["additionalProperties"] = false,
                ["patternProperties"] = new JsonObject { ["^[A-Za-z0-9_-]+$"] = Or(
                    Text(@"^\s*[+-]?[0-9]+\s*\.\.\s*[+-]?[0-9]+\s*$"),
                    Reference("filled"),
                    new JsonObject { ["type"] = "array", ["minItems"] = 1, ["maxItems"] = Unroller.MostItems, ["items"] = Reference("text") }) },
            },
        },
        ["allOf"] = new JsonArray([.. registry.Kinds.Select(k => new JsonObject
        {
            ["if"] = new JsonObject { ["required"] = Names("uses"), ["properties"] = new JsonObject { ["uses"] = new JsonObject { ["const"] = k.Name } } },
            ["then"] = Kind(k),
        })]),
    };

    /// <summary>What is the stage's own: its inputs as far as its options do not change them, and its options.</summary>
    private static JsonObject Kind(StageKind kind)
    {
        var options = Activator.CreateInstance(kind.OptionsType)!;
        var own = new JsonObject
        {
            ["with"] = new JsonObject { ["properties"] = new JsonObject(kind.Options.Select(o => KeyValuePair.Create(o.Name, (JsonNode?)OptionSchema.Of(o, options)))), ["additionalProperties"] = false },
        };
        var required = kind.Options.Where(o => o.Required).Select(o => o.Name).ToArray();
        if (required.Length > 0)
            own["with"]!["required"] = Names(required);
        // A stage that cannot say its inputs without options takes any.
        if (kind.Ports(options)?.Inputs is { Count: > 0 } inputs)
            own["from"] = new JsonObject { ["properties"] = new JsonObject(inputs.Select(p => KeyValuePair.Create(p.Name, (JsonNode?)Reference("sources")))) };
        var then = new JsonObject { ["properties"] = own };
        if (required.Length > 0)
            then["required"] = Names("with");
        return then;
    }

    private static JsonObject Stages(string description, JsonObject stage) => new()
    {
        ["description"] = description,
        ["type"] = "object",
        ["minProperties"] = 1,
        ["additionalProperties"] = false,
        ["patternProperties"] = new JsonObject { ["^[A-Za-z0-9_-]+$"] = stage },
    };

    private static JsonObject Either(string key, JsonObject with, JsonObject without) =>
        new() { ["if"] = new JsonObject { ["required"] = Names(key) }, ["then"] = with, ["else"] = without };
}
