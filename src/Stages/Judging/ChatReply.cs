using System.Text.Json;

namespace DataflowRlhf.Stages.Judging;

/// <summary>What came back with status 200: a model's text, or what is wrong with the body. Neither is ever logged.</summary>
/// <param name="Text">The model's words; null where the body is no chat completion.</param>
/// <param name="Problem">What is wrong, in words of our own; null where nothing is.</param>
internal sealed record ChatReply(string? Text, string? Problem)
{
    public const int MaxBytes = 1 << 20;

    public static ChatReply TooLarge { get; } = new(null, "the reply is larger than 1 MiB");

    /// <summary>Reads <c>choices[0].message.content</c> of a chat completion.</summary>
    public static ChatReply Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty("choices", out var choices) || choices.ValueKind != JsonValueKind.Array)
                return new(null, "the reply is no chat completion: it has no 'choices'");
            if (choices.GetArrayLength() == 0)
                return new(null, "the reply's 'choices' are empty");
            var first = choices[0];
            if (first.ValueKind != JsonValueKind.Object || !first.TryGetProperty("message", out var message) || message.ValueKind != JsonValueKind.Object
                || !message.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.String)
                return new(null, "the reply has no text in choices[0].message.content");
            if (first.TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String && reason.ValueEquals("length"))
                return new(null, "the reply was cut off before its verdict; a larger judge-max-tokens lets it end");
            return new(content.GetString(), null);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException) // InvalidOperationException: a text that is no UTF-16
        {
            return new(null, "the reply is not JSON");
        }
    }
}
