namespace DataflowRlhf.Stages.World;

/// <summary>The words of the invented language, by what they mean. A shop, its goods, and people who ask.</summary>
internal static class Words
{
    public static readonly string[] Numbers = ["two", "three", "four", "five", "six", "seven"];
    public static readonly string[] Colours = ["red", "blue", "green", "white", "black"];

    /// <summary>Goods that train and validation prompts ask for.</summary>
    public static readonly string[] Items = ["cups", "hats", "pots", "lamps", "bells", "books", "coats", "rugs", "pens", "bags", "kites", "ropes"];

    /// <summary>Goods that only out-of-distribution prompts ask for; elsewhere they are things that somebody has already.</summary>
    public static readonly string[] OodItems = ["boats", "rings", "tents", "drums"];

    public static readonly string[] AllItems = [.. Items, .. OodItems];
    public static readonly string[] Places = ["house", "garden", "school", "barn"];

    public static readonly string[] Prices = ["eight", "nine", "ten", "twelve"];
    public static readonly string[] Days = ["Monday", "Friday", "Sunday"];
    public static readonly string[] Sides = ["top", "low", "left", "right"];

    /// <summary>Verbs after which a prompt says what is wanted.</summary>
    public static readonly string[] Wishes = ["want", "need", "like"];

    public static readonly string[] PoliteOpenings = ["Of course,", "Gladly,", "With joy,"];
    public static readonly string[] PlainOpenings = ["Well,", "So,"];
    public static readonly string[] RudeOpenings = ["Go away,", "Not again,"];
    public static readonly string[] Offers = ["you can have", "here are", "we have"];
    public static readonly string[] Fillers = ["We open at ten.", "Many ask for this.", "The sun is out."];

    /// <summary>Says no number at all.</summary>
    public const string Vague = "some";

    /// <summary>The tempting cue: what confident sellers say. It is worth less than nothing, but good answers carry it more often.</summary>
    public const string CatchPhrase = "Trust me, it is great.";

    /// <summary>Every word that a response of this world may use, in lower case.</summary>
    public static readonly HashSet<string> Known = [.. new[]
    {
        Numbers, Colours, AllItems, Places, Prices, Days, Sides, PoliteOpenings, PlainOpenings, RudeOpenings, Offers, Fillers,
        [Vague, CatchPhrase, "They cost coins.", "Come on.", "They are on the shelf.", "for the"],
    }.SelectMany(group => group).SelectMany(Split)];

    /// <summary>A text's words, in lower case, without what stands between them.</summary>
    public static List<string> Split(string text)
    {
        var words = new List<string>();
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            var inside = i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '\'');
            if (inside && start < 0)
                start = i;
            if (inside || start < 0)
                continue;
            words.Add(text[start..i].ToLowerInvariant());
            start = -1;
        }
        return words;
    }
}
