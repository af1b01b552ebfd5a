namespace DataflowRlhf.Graph;

/// <summary>Gathers the mistakes of the stages' entries, each once: unrolled stages share their lines.</summary>
internal sealed class EntryMistakes(List<Mistake> mistakes)
{
    private readonly HashSet<(int Line, int Column, string Text)> told = [];
    private readonly List<Action> late = [];

    /// <param name="at">Where it stands; the entry's own map means the entry's name.</param>
    /// <param name="entry">Whose mistake it is.</param>
    /// <param name="where">The key, such as <c>with.flip-below</c>.</param>
    /// <param name="text">What was given and what is possible.</param>
    /// <param name="write">What to write instead, or null.</param>
    public void Add(YamlItem at, StageEntry entry, string where, string text, string? write = null)
    {
        var (line, column) = ReferenceEquals(at, entry.Map) ? (entry.Line, entry.Column) : (at.Line, at.Column);
        if (told.Add((line, column, text)))
            mistakes.Add(new Mistake(line, column, $"{entry.Name}.{where}", text, write));
    }

    /// <summary>A mistake whose remedy may be a stage that is further down the file.</summary>
    public void AddLate(Action tell) => late.Add(tell);

    public void TellLate() => late.ForEach(tell => tell());
}
