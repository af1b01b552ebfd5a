using System.Diagnostics.CodeAnalysis;

namespace DataflowRlhf.Stages.Reading;

/// <summary>Makes a preference pair of a source row, whatever form it has, and gives it its lasting id and its side of the split.</summary>
internal sealed class PairAssembler(PromptSides sides, bool strengths)
{
    private readonly RowIds ids = new();

    public bool TryAssemble(SourceRow row, [NotNullWhen(true)] out PreferenceRow? pair, out string reason)
    {
        pair = null;
        if (row.Values is not { } values)
        {
            reason = row.Problem!;
            return false;
        }
        if (!TryTexts(values, out var prompt, out var chosen, out var rejected, out reason) || !sides.TryPlace(values, prompt, out var split, out reason))
            return false;
        if (string.IsNullOrWhiteSpace(chosen) || string.IsNullOrWhiteSpace(rejected))
        {
            reason = $"the {(string.IsNullOrWhiteSpace(chosen) ? "chosen" : "rejected")} response is empty";
            return false;
        }
        var others = values.Where(v => v.Key is not ("prompt" or "chosen" or "rejected" or "row_id" or "split"))
            .ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);
        if (strengths && !PublishedStrengths.TryRename(others, out reason))
            return false;
        if (!ids.TryTake(values, $"{prompt.Length}:{chosen.Length}:{prompt}{chosen}{rejected}", out var id, out reason))
            return false;
        // Rows that came by way of an export name their first file already.
        others.TryAdd(Columns.SourceRow.Name, row.Place);
        sides.Add(prompt, split);
        pair = new PreferenceRow(id, prompt, chosen, rejected, split, others);
        return true;
    }

    private static bool TryTexts(IReadOnlyDictionary<string, object?> values, out string prompt, out string chosen, out string rejected, out string reason)
    {
        prompt = "";
        rejected = "";
        var given = values.GetValueOrDefault("prompt");
        var textBesideTurns = given is string && values.GetValueOrDefault("chosen") is IReadOnlyList<object?>;
        var answers = textBesideTurns || given is IReadOnlyList<object?>;
        if (!TryText(values, "chosen", answers, out chosen, out reason) || !TryText(values, "rejected", answers, out rejected, out reason))
            return false;
        // Whole dialogues as turns say the prompt themselves; a text beside them only repeats their question.
        if (given is null || (textBesideTurns && Begins(chosen) && Begins(rejected)))
        {
            if (!Dialogue.TrySplit(chosen, rejected, out var shared))
            {
                reason = $"{(given is null ? "there is no prompt, and " : "")}the two dialogues share no turn up to \"\\n\\nAssistant:\"";
                return false;
            }
            (prompt, chosen, rejected) = (chosen[..shared], chosen[shared..], rejected[shared..]);
            return true;
        }
        if (!TryPrompt(values, out prompt, out reason))
            return false;
        if (textBesideTurns && !Begins(prompt))
            prompt = $"{Dialogue.HumanMark} {prompt}{Dialogue.AssistantMark}";
        // A prompt in the HH-RLHF form with whole dialogues beside it: the responses are what follows.
        if (prompt.StartsWith(Dialogue.HumanMark, StringComparison.Ordinal) && chosen.StartsWith(prompt, StringComparison.Ordinal) && rejected.StartsWith(prompt, StringComparison.Ordinal))
            (chosen, rejected) = (chosen[prompt.Length..], rejected[prompt.Length..]);
        return true;
    }

    private static bool Begins(string text) => text.StartsWith(Dialogue.HumanMark, StringComparison.Ordinal) || text.StartsWith(Dialogue.SystemMark, StringComparison.Ordinal);

    /// <summary>A row's prompt by itself: a text, or turns that the assistant is to answer.</summary>
    public static bool TryPrompt(IReadOnlyDictionary<string, object?> values, out string prompt, out string reason)
    {
        if (!TryText(values, "prompt", false, out prompt, out reason))
            return false;
        if (values["prompt"] is not string)
            prompt += Dialogue.AssistantMark;
        return true;
    }

    /// <param name="response">Turns that answer a prompt: the mark of the first is the prompt's end.</param>
    private static bool TryText(IReadOnlyDictionary<string, object?> values, string name, bool response, out string text, out string reason)
    {
        (text, reason) = ("", "");
        switch (values.GetValueOrDefault(name))
        {
            case string plain:
                text = plain;
                return true;
            case IReadOnlyList<object?> turns:
                if (!Dialogue.TryWrite(turns, out text, out reason))
                {
                    reason = $"{name}: {reason}";
                    return false;
                }
                if (response && text.StartsWith(Dialogue.AssistantMark, StringComparison.Ordinal))
                    text = text[Dialogue.AssistantMark.Length..];
                return true;
            case null:
                reason = $"'{name}' is missing";
                return false;
            default:
                reason = $"'{name}' is neither a text nor a list of turns";
                return false;
        }
    }
}
