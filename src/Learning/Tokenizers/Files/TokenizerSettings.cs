using System.Text.Json;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>The special tokens that <c>tokenizer_config.json</c> (or <c>special_tokens_map.json</c>) names.</summary>
internal sealed record TokenizerSettings(string? Bos, string? Eos, string? Pad)
{
    public static TokenizerSettings Read(string folder)
    {
        var settings = new TokenizerSettings(null, null, null);
        foreach (var name in new[] { "tokenizer_config.json", "special_tokens_map.json" })
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
                continue;
            var found = JsonFile.Read(path, root => new TokenizerSettings(Token(root["bos_token"]), Token(root["eos_token"]), Token(root["pad_token"])));
            settings = new TokenizerSettings(settings.Bos ?? found.Bos, settings.Eos ?? found.Eos, settings.Pad ?? found.Pad);
        }
        return settings;
    }

    /// <summary>A token is its text, or an object with its <c>content</c>.</summary>
    private static string? Token(JsonPart part) => part.Kind == JsonValueKind.Object ? part["content"].Text : part.TextOrNull;
}
