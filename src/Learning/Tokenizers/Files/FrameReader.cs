namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Reads from a <c>post_processor</c> what it puts around texts, and how it trims offsets.</summary>
internal static class FrameReader
{
    private const int MostSpecials = 1000;

    public static Frame Read(JsonPart part)
    {
        var frame = new Frame(Frame.PlainSingle, Frame.PlainPair, []);
        return part.IsNull ? frame : Add(part, frame);
    }

    private static Frame Add(JsonPart part, Frame frame)
    {
        switch (part.Type)
        {
            case "ByteLevel":
                return Trimmed(part, frame);
            case "Sequence":
                return part["processors"].Items().Aggregate(frame, (f, step) => Add(step, f));
            case "TemplateProcessing":
                var single = Parts(part, "single");
                if (single.Count(p => p.Text is not null) is var texts and not 1)
                    throw part["single"].Error($"holds {texts} texts, not one");
                return Around(part, frame, single, part["pair"].IsNull ? null : Parts(part, "pair"));
            case "RobertaProcessing" or "BertProcessing":
                IReadOnlyList<int> first = [part["cls"].Items().Last().Int], last = [part["sep"].Items().Last().Int];
                var roberta = part.Type == "RobertaProcessing";
                IReadOnlyList<Frame.Part> both = roberta
                    ? [new(null, first, 0), new(0, [], 0), new(null, last, 0), new(null, last, 0), new(1, [], 0), new(null, last, 0)]
                    : [new(null, first, 0), new(0, [], 0), new(null, last, 0), new(1, [], 1), new(null, last, 1)];
                return Around(part, roberta ? Trimmed(part, frame) : frame, [new(null, first, 0), new(0, [], 0), new(null, last, 0)], both);
            default:
                throw part.Error($"is of type {part.Type}, which is not supported; ByteLevel, TemplateProcessing, RobertaProcessing, BertProcessing and Sequence are");
        }
    }

    private static Frame Around(JsonPart part, Frame frame, IReadOnlyList<Frame.Part> single, IReadOnlyList<Frame.Part>? pair)
        => frame.Single.Count == 1
            ? frame with { Single = single, Pair = pair }
            : throw part.Error("puts tokens around a text a second time, which is not supported");

    private static Frame Trimmed(JsonPart part, Frame frame) => part["trim_offsets"].Flag(absent: true)
        ? frame with { Trims = [.. frame.Trims, new OffsetTrim(part["add_prefix_space"].Flag(absent: true))] }
        : frame;

    private static List<Frame.Part> Parts(JsonPart part, string name)
    {
        var parts = new List<Frame.Part>();
        foreach (var piece in part[name].Items())
        {
            var special = piece["SpecialToken"];
            if (special.IsNull)
            {
                var sequence = piece["Sequence"];
                parts.Add(new Frame.Part(sequence["id"].Text == "B" ? 1 : 0, [], Type(sequence)));
                continue;
            }
            var ids = part["special_tokens"][special["id"].Text]["ids"].Items().Select(i => i.Int).ToArray();
            parts.Add(new Frame.Part(null, ids, Type(special)));
        }
        if (parts.Sum(p => p.Ids.Count) > MostSpecials)
            throw part[name].Error($"puts more than {MostSpecials} tokens around a text");
        return parts;
    }

    private static int Type(JsonPart part) => part["type_id"].IsNull ? 0 : part["type_id"].Int;
}
