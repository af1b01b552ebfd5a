using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace DataflowRlhf.Stages.Reading;

/// <summary>Makes a preference pair of a source row, whatever form it has, and gives it its lasting id and its side of the split.</summary>
internal sealed class PairAssembler(double validation, bool strengths)
{
    private const string SplitSalt = "preference-split:";

    private readonly Dictionary<string, int> contents = [];
    private readonly HashSet<string> ids = [];
    private readonly Dictionary<ulong, string> sides = [];

    public long ValidationRows { get; private set; }

    public bool TryAssemble(SourceRow row, [NotNullWhen(true)] out PreferenceRow? pair, out string reason)
    {
        pair = null;
        if (row.Values is not { } values)
        {
            reason = row.Problem!;
            return false;
        }
        if (!TryTexts(values, out var prompt, out var chosen, out var rejected, out reason) || !TrySide(values, prompt, out var split, out reason))
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
        if (!TryId(values, prompt, chosen, rejected, out var id, out reason))
            return false;
        ValidationRows += split == "validation" ? 1 : 0;
        pair = new PreferenceRow(id, prompt, chosen, rejected, split, others);
        return true;
    }

    private static bool TryTexts(IReadOnlyDictionary<string, object?> values, out string prompt, out string chosen, out string rejected, out string reason)
    {
        prompt = "";
        rejected = "";
        var promptTurns = values.GetValueOrDefault("prompt") is IReadOnlyList<object?>;
        if (!TryText(values, "chosen", promptTurns, out chosen, out reason) || !TryText(values, "rejected", promptTurns, out rejected, out reason))
            return false;
        if (values.GetValueOrDefault("prompt") is null)
        {
            if (!Dialogue.TrySplit(chosen, rejected, out var shared))
            {
                reason = "there is no prompt, and the two dialogues share no turn up to \"\\n\\nAssistant:\"";
                return false;
            }
            (prompt, chosen, rejected) = (chosen[..shared], chosen[shared..], rejected[shared..]);
            return true;
        }
        if (!TryText(values, "prompt", false, out prompt, out reason))
            return false;
        if (promptTurns)
            prompt += Dialogue.AssistantMark;
        // A prompt in the HH-RLHF form with whole dialogues beside it: the responses are what follows.
        if (prompt.StartsWith(Dialogue.HumanMark, StringComparison.Ordinal) && chosen.StartsWith(prompt, StringComparison.Ordinal) && rejected.StartsWith(prompt, StringComparison.Ordinal))
            (chosen, rejected) = (chosen[prompt.Length..], rejected[prompt.Length..]);
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

    private bool TrySide(IReadOnlyDictionary<string, object?> values, string prompt, out string split, out string reason)
    {
        var opening = Hash(SplitSalt + Dialogue.Opening(prompt));
        reason = "";
        split = opening / (double)ulong.MaxValue < validation ? "validation" : "train";
        if (values.GetValueOrDefault("split") is not string given)
            return true;
        var side = given switch
        {
            "train" => "train",
            "validation" or "valid" or "val" or "test" or "eval" => "validation",
            "ood" => "ood",
            _ => null,
        };
        if (side is null)
        {
            reason = $"split is '{given}'; train, validation and ood are possible";
            return false;
        }
        split = side;
        var exact = Hash(prompt);
        if (!sides.TryAdd(exact, side) && sides[exact] != side)
        {
            reason = $"its prompt is in split {sides[exact]} already, and a prompt is never on two sides";
            return false;
        }
        return true;
    }

    /// <summary>The file's own row_id; else a hash of the pair, with a number where the very same pair comes again.</summary>
    private bool TryId(IReadOnlyDictionary<string, object?> values, string prompt, string chosen, string rejected, out string id, out string reason)
    {
        reason = "";
        id = values.GetValueOrDefault("row_id") switch
        {
            string text => text,
            long number => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => "",
        };
        if (id.Length == 0)
        {
            var content = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{prompt.Length}:{chosen.Length}:{prompt}{chosen}{rejected}")).AsSpan(0, 10));
            contents[content] = contents.GetValueOrDefault(content) + 1;
            id = contents[content] == 1 ? content : $"{content}-{contents[content]}";
        }
        if (ids.Add(id))
            return true;
        reason = $"row_id '{id}' is taken by a row before it";
        return false;
    }

    private static ulong Hash(string text) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
