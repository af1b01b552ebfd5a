using DataflowRlhf.Stages.Reading;

namespace DataflowRlhf.Stages.Tokens;

/// <summary>
/// The turns of a prompt and of a response, for a chat template. Conversations travel as text, <c>\n\nHuman: …\n\nAssistant: …</c>, so that whatever
/// swaps or rewrites a text keeps its turns; a prompt that does not begin so is one turn of the user, and its response one turn of the assistant.
/// </summary>
internal static class ChatDialogue
{
    /// <param name="Role">user, assistant or system.</param>
    public readonly record struct Turn(string Role, string Content);

    private static readonly (string Mark, string Role)[] Marks = [(Dialogue.HumanMark, "user"), (Dialogue.AssistantMark, "assistant"), ("\n\nSystem:", "system")];

    public static bool IsDialogue(string prompt) => Marks.Any(m => prompt.StartsWith(m.Mark, StringComparison.Ordinal));

    /// <summary>The turns that an answer follows.</summary>
    /// <returns>False: the prompt ends within an answer.</returns>
    public static bool TryPrompt(string prompt, out List<Turn> turns)
    {
        if (!IsDialogue(prompt))
        {
            turns = [new Turn("user", prompt)];
            return true;
        }
        turns = Turns(prompt);
        if (turns[^1] is { Role: "assistant", Content: "" })
            turns.RemoveAt(turns.Count - 1);
        return turns.Count > 0 && turns[^1].Role != "assistant";
    }

    /// <summary>The turns of a response: the assistant's, and those behind it where the dialogue goes on.</summary>
    public static List<Turn> Response(string response, bool dialogue) => dialogue ? Turns(Dialogue.AssistantMark + response) : [new Turn("assistant", response)];

    private static List<Turn> Turns(string text)
    {
        var turns = new List<Turn>();
        for (var at = 0; at < text.Length;)
        {
            var (mark, role) = Marks.First(m => text.AsSpan(at).StartsWith(m.Mark));
            var start = at + mark.Length;
            var next = Marks.Select(m => text.IndexOf(m.Mark, start, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(text.Length).Min();
            var content = text[start..next];
            turns.Add(new Turn(role, content.StartsWith(' ') ? content[1..] : content));
            at = next;
        }
        return turns;
    }
}
