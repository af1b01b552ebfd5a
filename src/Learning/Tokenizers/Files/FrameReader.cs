namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Reads from a <c>post_processor</c> what it puts around a single text.</summary>
internal static class FrameReader
{
    public static (IReadOnlyList<int> Before, IReadOnlyList<int> After) Read(JsonPart part)
    {
        var (before, after) = (new List<int>(), new List<int>());
        Add(part, before, after);
        return (before, after);
    }

    private static void Add(JsonPart part, List<int> before, List<int> after)
    {
        if (part.IsNull)
            return;
        switch (part.Type)
        {
            case "ByteLevel":
                break;
            case "Sequence":
                foreach (var step in part["processors"].Items())
                    Add(step, before, after);
                break;
            case "TemplateProcessing":
                AddTemplate(part, before, after);
                break;
            case "RobertaProcessing" or "BertProcessing":
                before.Insert(0, part["cls"].Items().Last().Int);
                after.Add(part["sep"].Items().Last().Int);
                break;
            default:
                throw part.Error($"is of type {part.Type}, which is not supported; ByteLevel, TemplateProcessing, RobertaProcessing, BertProcessing and Sequence are");
        }
    }

    private static void AddTemplate(JsonPart part, List<int> before, List<int> after)
    {
        var texts = 0;
        var (left, right) = (new List<int>(), new List<int>());
        foreach (var piece in part["single"].Items())
        {
            if (piece["SpecialToken"].IsNull)
            {
                texts += 1;
                continue;
            }
            var ids = part["special_tokens"][piece["SpecialToken"]["id"].Text]["ids"].Items().Select(i => i.Int);
            (texts == 0 ? left : right).AddRange(ids);
        }
        if (texts != 1)
            throw part["single"].Error($"holds {texts} texts, not one");
        before.InsertRange(0, left);
        after.AddRange(right);
    }
}
