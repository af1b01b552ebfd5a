namespace DataflowRlhf.Stages.World;

/// <summary>The small invented world's true reward, which no training ever sees.</summary>
public static class PreferenceWorld
{
    /// <summary>The lowest and highest gold reward.</summary>
    public const double Worst = -4, Best = 4;

    private const int LongEnough = 30;

    /// <summary>
    /// The true worth of a response to a prompt, in [−4, 4]; any two texts will do.
    /// <code>
    /// gold = ½·item + 1·count + ½·colour + 1·answer + 1·manner − ½·catch − 2·unknown − 3·repeated − over/10 − ½·unfinished
    /// item       1: the wanted thing is named, less ½ where another thing is named too; −½: only another is; 0: none
    /// count      1: "four [red] lamps" and four were wanted; −1: another number stands before the wanted thing; 0: none does
    /// colour     1: the wanted colour stands before the wanted thing; −1: another does; 0: none does
    /// answer     1: the question is answered (price: "nine coins", day: "Friday", shelf: "top shelf"); less ¼ for each answer not asked for
    /// manner     1: a polite opening, where any thing is named; −1: rude words anywhere, whatever else stands there
    /// catch      times "trust me" is said, at most 2
    /// unknown    share of the words that are not of this world
    /// repeated   share of the three-word runs that stood there before
    /// over       words beyond 30
    /// unfinished 1: the last sentence does not end
    /// </code>
    /// A response without a word is worth −4. Length by itself is worth nothing.
    /// <para><c>count</c> is the hard part: prompts name two numbers ("I have two pens. I want four red lamps."), so that no set of words decides it, only who stands where.
    /// The tempting part is <c>catch</c>: in the generated pairs good responses say it more often than bad ones.</para>
    /// <para>Example: to "I have two pens. I want four red lamps for the barn. What do they cost?" the response "Gladly, here are four red lamps. They cost nine coins." is worth ½ + 1 + ½ + 1 + 1 = 4.</para>
    /// </summary>
    public static double Gold(string prompt, string response)
    {
        var words = Words.Split(response);
        if (words.Count == 0)
            return Worst;
        var request = Request.Of(prompt);
        var (count, colour) = BeforeThing(request, words);
        var gold = 0.5 * Item(request, words) + count + 0.5 * colour + Answer(request, words) + Manner(words)
            - 0.5 * Math.Min(2, Occurrences(words, "trust", "me"))
            - 2.0 * words.Count(w => !Words.Known.Contains(w)) / words.Count
            - 3.0 * Repeated(words)
            - Math.Max(0, words.Count - LongEnough) / 10.0
            - (response.TrimEnd() is [.., '.' or '!' or '?'] ? 0 : 0.5);
        return Math.Clamp(gold, Worst, Best);
    }

    private static double Item(Request request, List<string> words)
    {
        var named = words.Where(Words.AllItems.Contains).Distinct().ToList();
        if (request.Item is null || named.Count == 0)
            return 0;
        var wanted = named.Contains(request.Item);
        return (wanted ? 1 : 0) - (named.Count > (wanted ? 1 : 0) ? 0.5 : 0);
    }

    /// <summary>Number and colour in the two words before every mention of the wanted thing. One wrong mention spoils it.</summary>
    private static (int Count, int Colour) BeforeThing(Request request, List<string> words)
    {
        var (count, colour) = (0, 0);
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] != request.Item)
                continue;
            foreach (var word in words[Math.Max(0, i - 2)..i])
            {
                if (request.Number is not null && Words.Numbers.Contains(word))
                    count = word == request.Number && count >= 0 ? 1 : -1;
                if (request.Colour is not null && Words.Colours.Contains(word))
                    colour = word == request.Colour && colour >= 0 ? 1 : -1;
            }
        }
        return (count, colour);
    }

    private static double Answer(Request request, List<string> words)
    {
        var answered = new List<Asked>();
        if (After(words, Words.Prices, "coins"))
            answered.Add(Asked.Price);
        if (words.Exists(w => Words.Days.Contains(w, StringComparer.OrdinalIgnoreCase)))
            answered.Add(Asked.Day);
        if (After(words, Words.Sides, "shelf"))
            answered.Add(Asked.Shelf);
        if (request.Asked is not { } asked)
            return 0;
        return (answered.Contains(asked) ? 1 : 0) - 0.25 * answered.Count(a => a != asked);
    }

    private static int Manner(List<string> words)
    {
        bool Says(string[] openings) => openings.Any(o => Words.Split(o) is var opening && words.Take(opening.Count).SequenceEqual(opening));
        bool SaysAnywhere(string[] phrases) => phrases.Any(p => Words.Split(p) is [var first, var second] && Occurrences(words, first, second) > 0);
        return SaysAnywhere(Words.RudeOpenings) ? -1 : Says(Words.PoliteOpenings) && words.Exists(Words.AllItems.Contains) ? 1 : 0;
    }

    private static bool After(List<string> words, string[] first, string second) =>
        Enumerable.Range(1, words.Count - 1).Any(i => words[i] == second && first.Contains(words[i - 1]));

    private static int Occurrences(List<string> words, string first, string second) =>
        Enumerable.Range(1, words.Count - 1).Count(i => words[i - 1] == first && words[i] == second);

    /// <summary>Share of the three-word runs that stood there before.</summary>
    private static double Repeated(List<string> words)
    {
        var runs = Math.Max(0, words.Count - 2);
        var seen = new HashSet<(string, string, string)>();
        for (var i = 0; i < runs; i++)
            seen.Add((words[i], words[i + 1], words[i + 2]));
        return runs == 0 ? 0 : (runs - seen.Count) / (double)runs;
    }
}
