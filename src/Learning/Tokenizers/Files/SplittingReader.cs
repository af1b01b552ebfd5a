namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Reads a <c>pre_tokenizer</c>.</summary>
internal static class SplittingReader
{
    public sealed record Splitting(List<IWordSplitter> Steps)
    {
        public bool ByteLevel { get; set; }
        public bool AddPrefixSpace { get; set; }
        public Metaspace? Spaces { get; set; }
    }

    public static Splitting Read(JsonPart part)
    {
        var splitting = new Splitting([]);
        Add(part, splitting);
        return splitting;
    }

    private static void Add(JsonPart part, Splitting splitting)
    {
        if (part.IsNull)
            return;
        if (splitting.ByteLevel)
            throw part.Error("comes after a ByteLevel step, which must be the last");
        switch (part.Type)
        {
            case "Sequence":
                foreach (var step in part["pretokenizers"].Items())
                    Add(step, splitting);
                break;
            case "ByteLevel":
                splitting.ByteLevel = true;
                splitting.AddPrefixSpace = part["add_prefix_space"].Flag(absent: true);
                if (splitting.AddPrefixSpace && splitting.Steps.Count > 0)
                    throw part["add_prefix_space"].Error("is true after a step that cuts the text, which is not supported");
                if (part["use_regex"].Flag(absent: true))
                    splitting.Steps.Add(new Gpt2Words());
                break;
            case "Split":
                splitting.Steps.Add(Split(part));
                break;
            case "Digits":
                splitting.Steps.Add(new DigitWords(part["individual_digits"].Flag(absent: false)));
                break;
            case "Metaspace":
                AddMetaspace(part, splitting);
                break;
            default:
                throw part.Error($"is of type {part.Type}, which is not supported; ByteLevel, Split, Digits, Metaspace and Sequence are");
        }
    }

    private static IWordSplitter Split(JsonPart part)
    {
        if (part["behavior"].Text is not "Isolated" || part["invert"].Flag(absent: false))
            throw part["behavior"].Error($"is {part["behavior"].Text}{(part["invert"].Flag(false) ? ", inverted" : "")}; only Isolated, not inverted, is supported");
        var pattern = part["pattern"];
        if (!pattern["String"].IsNull)
            return new RegexWords(System.Text.RegularExpressions.Regex.Escape(pattern["String"].Text));
        var regex = pattern["Regex"].Text;
        switch (regex)
        {
            case Gpt2Words.Pattern:
                return new Gpt2Words();
            case Llama3Words.Llama3Pattern:
                return new Llama3Words(digits: 3);
            case Llama3Words.Qwen2Pattern:
                return new Llama3Words(digits: 1);
        }
        try
        {
            return new RegexWords(regex);
        }
        catch (ArgumentException e)
        {
            throw pattern.Error($"is a regular expression that .NET cannot read: {e.Message}");
        }
    }

    private static void AddMetaspace(JsonPart part, Splitting splitting)
    {
        if (splitting.Spaces is not null || splitting.Steps.Count > 0)
            throw part.Error("is a Metaspace after another step, which is not supported");
        var replacement = part["replacement"].TextOrNull ?? "\u2581";
        if (replacement.Length != 1)
            throw part["replacement"].Error("must be one character");
        var prepend = part["prepend_scheme"].TextOrNull ?? (part["add_prefix_space"].Flag(absent: true) ? "always" : "never");
        if (prepend is not ("always" or "first" or "never"))
            throw part["prepend_scheme"].Error($"is '{prepend}'; always, first and never are possible");
        splitting.Spaces = new Metaspace(replacement[0], prepend);
        if (part["split"].Flag(absent: true))
            splitting.Steps.Add(new MetaspaceWords(replacement[0]));
    }
}
