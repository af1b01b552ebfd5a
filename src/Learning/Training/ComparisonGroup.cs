namespace DataflowRlhf.Learning.Training;

/// <summary>One example of reward training: responses to one prompt, each computed once, and the comparisons between them.</summary>
/// <param name="Prompt">Tokens of the prompt.</param>
/// <param name="Responses">Tokens of each response, eos included; best first where they are ranked.</param>
/// <param name="Comparisons">At least one.</param>
public sealed record ComparisonGroup(int[] Prompt, IReadOnlyList<int[]> Responses, IReadOnlyList<ComparisonGroup.Comparison> Comparisons)
{
    /// <summary>One response held against another of the same group, by their places in it, with the loss's margin m and soft label α.</summary>
    public readonly record struct Comparison(int Chosen, int Rejected, float Margin, float Alpha);

    /// <summary>Tokens in a packed batch: the prompt counts once, and so does a response that is compared several times.</summary>
    public int Tokens { get; } = Prompt.Length + Responses.Sum(r => r.Length);

    /// <summary>The pairs of one prompt. A lone pair keeps both its responses; among several, equal responses are one. Of prompts cut to several lengths the shortest is taken, which fits all.</summary>
    public static ComparisonGroup Of(params IReadOnlyList<PreferencePair> pairs)
    {
        if (pairs.Count == 1)
            return new(pairs[0].Prompt, [pairs[0].Chosen, pairs[0].Rejected], [new Comparison(0, 1, pairs[0].Margin, pairs[0].Alpha)]);
        var (responses, places) = (new List<int[]>(), new Dictionary<string, int>(StringComparer.Ordinal));
        int Place(int[] response)
        {
            if (places.TryAdd(Key(response), responses.Count))
                responses.Add(response);
            return places[Key(response)];
        }
        var comparisons = pairs.Select(p => new Comparison(Place(p.Chosen), Place(p.Rejected), p.Margin, p.Alpha)).ToList();
        return new(pairs.MinBy(p => p.Prompt.Length)!.Prompt, responses, comparisons);
    }

    /// <summary>All comparisons of a ranked list.</summary>
    /// <param name="bestFirst">Two responses or more, no two of one rank.</param>
    public static ComparisonGroup Ranked(int[] prompt, IReadOnlyList<int[]> bestFirst) =>
        new(prompt, bestFirst, [.. Enumerable.Range(0, bestFirst.Count).SelectMany(i => Enumerable.Range(i + 1, bestFirst.Count - i - 1).Select(j => new Comparison(i, j, 0, 0)))]);

    /// <summary>Equal for equal tokens.</summary>
    public static string Key(int[] tokens) => string.Join(' ', tokens);
}
