using System.Text.Json;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>What stands beside the tokenizer itself: <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c>, <c>added_tokens.json</c>, <c>chat_template.jinja</c>.</summary>
internal sealed record TokenizerSettings
{
    private const long LargestTemplate = 1 << 20;

    private static readonly string[] Roles = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <summary>The texts of the special tokens by role.</summary>
    public required IReadOnlyDictionary<string, string> Tokens { get; init; }

    /// <summary>Tokens with an id of their own, wherever the folder lists them outside of <c>tokenizer.json</c>.</summary>
    public required IReadOnlyList<AddedToken> Added { get; init; }

    /// <summary>Chat templates by name, and where they stand.</summary>
    public required IReadOnlyDictionary<string, string> Templates { get; init; }

    public string TemplateSource { get; init; } = "";

    /// <summary>The Python class that the folder names, without Fast.</summary>
    public string? Class { get; init; }

    public bool? AddBos { get; init; }
    public bool? AddEos { get; init; }
    public bool? AddPrefixSpace { get; init; }
    public bool? Legacy { get; init; }

    public string? Bos => Tokens.GetValueOrDefault("bos_token");

    public string? Eos => Tokens.GetValueOrDefault("eos_token");

    public string? Pad => Tokens.GetValueOrDefault("pad_token");

    /// <summary>The template named default, or the only one.</summary>
    public (string Text, string Source)? Template()
    {
        if (Templates.Count == 0)
            return null;
        if (Templates.TryGetValue("default", out var text))
            return (text, TemplateSource);
        throw new TokenizerFileException($"{TemplateSource}: the chat templates are {string.Join(", ", Templates.Keys.Order(StringComparer.Ordinal))}, and none is named default.");
    }

    public static TokenizerSettings Read(string folder)
    {
        var settings = new TokenizerSettings { Tokens = new Dictionary<string, string>(), Added = [], Templates = new Dictionary<string, string>() };
        var path = Path.Combine(folder, "tokenizer_config.json");
        if (File.Exists(path))
            settings = JsonFile.Read(path, root => OfConfig(root, path));
        var map = Path.Combine(folder, "special_tokens_map.json");
        if (File.Exists(map))
        {
            var found = JsonFile.Read(map, TokensOf);
            settings = settings with { Tokens = found.Concat(settings.Tokens).GroupBy(t => t.Key).ToDictionary(g => g.Key, g => g.Last().Value) };
        }
        var added = Path.Combine(folder, "added_tokens.json");
        if (File.Exists(added))
        {
            var more = JsonFile.Read(added, root => root.Members().Select(m => new AddedToken(TokenizerFileReader.Id(m.Part, m.Name), m.Name, false, false, false, false, true)).ToList());
            settings = settings with { Added = [.. settings.Added, .. more.Where(m => settings.Added.All(a => a.Content != m.Content))] };
        }
        var template = Path.Combine(folder, "chat_template.jinja");
        return File.Exists(template) ? settings with { Templates = new Dictionary<string, string> { ["default"] = TextOf(template) }, TemplateSource = template } : settings;
    }

    private static TokenizerSettings OfConfig(JsonPart root, string path) => new()
    {
        Tokens = TokensOf(root),
        Added = root["added_tokens_decoder"].IsNull ? [] : root["added_tokens_decoder"].Members().Select(m => AddedOf(root["added_tokens_decoder"], m.Name, m.Part)).ToList(),
        Templates = TemplatesOf(root["chat_template"]),
        TemplateSource = path,
        Class = root["tokenizer_class"].TextOrNull is { } name ? name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^4] : name : null,
        AddBos = root["add_bos_token"].IsNull ? null : root["add_bos_token"].Flag(false),
        AddEos = root["add_eos_token"].IsNull ? null : root["add_eos_token"].Flag(false),
        AddPrefixSpace = root["add_prefix_space"].IsNull ? null : root["add_prefix_space"].Flag(false),
        Legacy = root["legacy"].IsNull ? null : root["legacy"].Flag(true),
    };

    private static AddedToken AddedOf(JsonPart list, string id, JsonPart part)
        => int.TryParse(id, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? TokenizerFileReader.AddedToken(part, number)
            : throw list.Error($"has the key '{id}', which is no id");

    private static Dictionary<string, string> TokensOf(JsonPart root)
    {
        var tokens = new Dictionary<string, string>();
        foreach (var role in Roles)
        {
            if (Token(root[role]) is { } token)
                tokens[role] = token;
        }
        return tokens;
    }

    /// <summary>A token is its text, or an object with its <c>content</c>.</summary>
    private static string? Token(JsonPart part) => part.Kind == JsonValueKind.Object ? part["content"].Text : part.TextOrNull;

    /// <summary>One template, or a list of { name, template }.</summary>
    private static Dictionary<string, string> TemplatesOf(JsonPart part)
    {
        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        if (part.Kind == JsonValueKind.Array)
        {
            foreach (var item in part.Items())
                templates[item["name"].Text] = item["template"].Text;
        }
        else if (!part.IsNull)
        {
            templates["default"] = part.Text;
        }
        return templates;
    }

    private static string TextOf(string path)
    {
        try
        {
            return PlainFile.ReadText(path, LargestTemplate);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerFileException($"{path}: cannot be read: {e.Message}", e);
        }
    }
}
