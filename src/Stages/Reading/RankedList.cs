using System.Globalization;

namespace DataflowRlhf.Stages.Reading;

/// <summary>
/// Several ranked responses to a prompt, as Nectar has them: <c>answers: [{ answer, rank }]</c>, or the parallel lists <c>responses</c> and <c>ranks</c>; rank 1 is the
/// best. A list becomes all its comparisons; responses of equal rank are not compared.
/// </summary>
internal sealed class RankedList
{
    public const string Needs = "A ranked list needs the columns prompt and answers ([{answer, rank}]), or prompt, responses and ranks";

    private static readonly string[] TextNames = ["answer", "response", "text", "content"];

    private readonly Dictionary<string, int> groups = [];

    public static bool Is(IReadOnlyCollection<string> columns) =>
        columns.Contains("prompt") && (columns.Contains("answers") || (columns.Contains("responses") && columns.Contains("ranks")));

    /// <summary>The comparisons of a list as rows with prompt, chosen, rejected, prompt_group, chosen_rank and rejected_rank, the best response's first.</summary>
    /// <returns>False: the row is no ranked list, or one that contradicts itself.</returns>
    public bool TryExpand(SourceRow row, out List<SourceRow> pairs, out string reason)
    {
        pairs = [];
        if (row.Values is not { } values)
        {
            reason = row.Problem!;
            return false;
        }
        if (!TryResponses(values, out var responses, out reason))
            return false;
        var ranked = responses.OrderBy(r => r.Rank).ToList();
        if (ranked.GroupBy(r => r.Text, StringComparer.Ordinal).FirstOrDefault(g => g.Select(r => r.Rank).Distinct().Count() > 1) is { } twice)
        {
            reason = Invariant($"one response has the ranks {string.Join(" and ", twice.Select(r => r.Rank).Distinct())}");
            return false;
        }
        ranked = [.. ranked.DistinctBy(r => r.Text, StringComparer.Ordinal)];
        if (ranked.Count < 2 || ranked[0].Rank == ranked[^1].Rank)
        {
            reason = ranked.Count < 2 ? "a ranked list needs two responses or more" : "all its responses have one rank, which compares nothing";
            return false;
        }
        var given = RowIds.Given(values);
        var group = RowIds.Numbered(given ?? RowIds.Of(string.Join('\0', [Key(values.GetValueOrDefault("prompt")), .. ranked.Select(r => Invariant($"{r.Rank}:{r.Text}"))])), groups);
        var others = values.Where(v => v.Key is not ("answers" or "responses" or "ranks" or "row_id" or "chosen" or "rejected")).ToList();
        for (var i = 0; i < ranked.Count; i++)
        {
            for (var j = i + 1; j < ranked.Count; j++)
            {
                if (ranked[i].Rank == ranked[j].Rank)
                    continue;
                pairs.Add(new SourceRow(row.Place, new Dictionary<string, object?>(others, StringComparer.Ordinal)
                {
                    ["row_id"] = $"{group}/{i + 1}-{j + 1}",
                    ["chosen"] = ranked[i].Text,
                    ["rejected"] = ranked[j].Text,
                    [Columns.PromptGroup.Name] = group,
                    [Columns.ChosenRank.Name] = ranked[i].Rank,
                    [Columns.RejectedRank.Name] = ranked[j].Rank,
                }));
            }
        }
        return true;
    }

    private static bool TryResponses(IReadOnlyDictionary<string, object?> values, out List<(string Text, double Rank)> responses, out string reason)
    {
        (responses, reason) = ([], "");
        var texts = values.GetValueOrDefault("answers") as IReadOnlyList<object?> ?? values.GetValueOrDefault("responses") as IReadOnlyList<object?>;
        if (texts is null)
        {
            reason = "there is no list of answers, and none of responses with ranks";
            return false;
        }
        var ranks = values.GetValueOrDefault("ranks") as IReadOnlyList<object?>;
        if (ranks is not null && ranks.Count != texts.Count)
        {
            reason = $"there are {texts.Count} responses and {ranks.Count} ranks";
            return false;
        }
        for (var i = 0; i < texts.Count; i++)
        {
            var structure = texts[i] as IReadOnlyDictionary<string, object?>;
            var text = structure is null ? texts[i] as string : TextNames.Select(n => structure.GetValueOrDefault(n) as string).FirstOrDefault(t => t is not null);
            var rank = (ranks is null ? structure?.GetValueOrDefault("rank") : ranks[i]) switch { long whole => whole, double number => number, _ => double.NaN };
            reason = string.IsNullOrWhiteSpace(text) ? $"response {i + 1} is empty, or no text"
                : !double.IsFinite(rank) ? $"response {i + 1} has no rank, a number from 1, the best"
                : "";
            if (reason.Length > 0)
                return false;
            responses.Add((text!, rank));
        }
        return true;
    }

    private static string Key(object? prompt) => prompt switch
    {
        string text => text,
        IReadOnlyList<object?> turns => string.Join('\u0001', turns.Select(Key)),
        IReadOnlyDictionary<string, object?> turn => string.Join('\u0002', turn.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => t.Key + Key(t.Value))),
        _ => Convert.ToString(prompt, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
