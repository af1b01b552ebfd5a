namespace DataflowRlhf.Graph;

/// <summary>The least that a stage holds on the device, whatever its rows are: where there is less, it cannot run.</summary>
/// <param name="Parts">What it holds, in a word each, with its bytes.</param>
/// <param name="Instead">Options as they are written, with the bytes that would be held with them; the smallest change first.</param>
public sealed record Held(IReadOnlyList<(string What, long Bytes)> Parts, IReadOnlyList<(string Write, long Bytes)> Instead)
{
    public long Bytes => Parts.Sum(p => p.Bytes);

    /// <summary>Both figures, and what the first is made of.</summary>
    /// <param name="memory">Bytes that the device has.</param>
    public string Problem(long memory) =>
        $"holds at least {Outlook.Size(Bytes)} of memory ({string.Join(", ", Parts.Where(p => p.Bytes > 0).Select(p => $"{p.What} {Outlook.Size(p.Bytes)}"))}), and there are {Outlook.Size(memory)}.";

    /// <summary>The options that would do, no more of them than needed; where none does, how much those ask for that ask for the least.</summary>
    /// <param name="memory">Bytes that the device has.</param>
    public string Write(long memory)
    {
        var enough = Instead.Where(i => i.Bytes <= memory).Select(i => i.Write).ToList();
        if (enough.Count > 0)
            return string.Join("  or  ", enough.Where(e => !enough.Any(less => e != less && e.Contains(less, StringComparison.Ordinal))));
        var (write, least) = Instead.Append(("", Bytes)).MinBy(i => i.Bytes);
        return $"a smaller model, or a device with more than {Outlook.Size(least)}{(write.Length > 0 ? " and " + write : "")}";
    }
}
