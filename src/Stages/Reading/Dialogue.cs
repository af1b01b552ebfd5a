using System.Text;

namespace DataflowRlhf.Stages.Reading;

/// <summary>Dialogues as HH-RLHF writes them: <c>\n\nHuman: …\n\nAssistant: …</c>.</summary>
internal static class Dialogue
{
    public const string HumanMark = "\n\nHuman:";
    public const string AssistantMark = "\n\nAssistant:";
    public const string SystemMark = "\n\nSystem:";

    /// <summary>The prompt that two dialogues share: their longest common beginning, cut after its last <see cref="AssistantMark"/>.</summary>
    /// <returns>False: they share no turn of the assistant.</returns>
    public static bool TrySplit(string chosen, string rejected, out int promptLength)
    {
        var common = chosen.AsSpan().CommonPrefixLength(rejected);
        var mark = chosen.AsSpan(0, common).LastIndexOf(AssistantMark);
        promptLength = mark + AssistantMark.Length;
        return mark >= 0;
    }

    /// <summary>A prompt up to the first answer: what dialogues that continue one another have in common.</summary>
    public static string Opening(string prompt)
    {
        var mark = prompt.IndexOf(AssistantMark, StringComparison.Ordinal);
        return mark < 0 ? prompt : prompt[..mark];
    }

    /// <summary>Turns as one text. A turn is { role, content }, { from, value }, or a text, whose speaker stands in front or takes turns, the human first.</summary>
    public static bool TryWrite(IReadOnlyList<object?> turns, out string text, out string problem)
    {
        var dialogue = new StringBuilder();
        (text, problem) = ("", "");
        for (var i = 0; i < turns.Count; i++)
        {
            var (role, content) = turns[i] switch
            {
                IReadOnlyDictionary<string, object?> turn => (Text(turn, "role") ?? Text(turn, "from"), Text(turn, "content") ?? Text(turn, "value")),
                string line => Spoken(line, i),
                _ => (null, null),
            };
            var speaker = role?.ToLowerInvariant() switch
            {
                "user" or "human" => "Human",
                "assistant" or "gpt" => "Assistant",
                "system" => "System",
                _ => null,
            };
            if (speaker is null || content is null)
            {
                problem = $"turn {i + 1} is {(content is null ? "without content" : $"by '{role}'")}; a turn has a role (user, assistant, system) and a content";
                return false;
            }
            dialogue.Append("\n\n").Append(speaker).Append(": ").Append(content);
        }
        text = dialogue.ToString();
        return true;
    }

    private static (string Role, string Content) Spoken(string line, int index)
    {
        var trimmed = line.TrimStart();
        foreach (var role in new[] { "human", "assistant", "user" })
        {
            if (trimmed.StartsWith(role + ":", StringComparison.OrdinalIgnoreCase))
                return (role, trimmed[(role.Length + 1)..].TrimStart(' '));
        }
        return (index % 2 == 0 ? "human" : "assistant", line);
    }

    private static string? Text(IReadOnlyDictionary<string, object?> turn, string name) => turn.GetValueOrDefault(name) as string;
}
