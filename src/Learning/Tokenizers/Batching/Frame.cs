namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>What a <c>post_processor</c> puts around texts.</summary>
/// <param name="Single">The parts of one text with its special tokens.</param>
/// <param name="Pair">The parts of two texts; null where it does not say.</param>
/// <param name="Trims">What it does to offsets.</param>
internal sealed record Frame(IReadOnlyList<Frame.Part> Single, IReadOnlyList<Frame.Part>? Pair, IReadOnlyList<OffsetTrim> Trims)
{
    /// <param name="Text">0: the first text, 1: the second; null: special tokens.</param>
    /// <param name="Ids">The special tokens.</param>
    /// <param name="Type">The type id of all these tokens.</param>
    public sealed record Part(int? Text, IReadOnlyList<int> Ids, int Type);

    public static readonly IReadOnlyList<Part> PlainSingle = [new(0, [], 0)];
    public static readonly IReadOnlyList<Part> PlainPair = [new(0, [], 0), new(1, [], 1)];

    public IReadOnlyList<int> Before => [.. Single.TakeWhile(p => p.Text is null).SelectMany(p => p.Ids)];

    public IReadOnlyList<int> After => [.. Single.SkipWhile(p => p.Text is null).SelectMany(p => p.Ids)];
}
