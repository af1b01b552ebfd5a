using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>TRL's dataset forms by their columns: which are read, and what is said to the others.</summary>
internal static class Forms
{
    private const string PairForms = "chosen and rejected, with prompt where they are not whole dialogues";

    /// <summary>A file of preference pairs.</summary>
    /// <exception cref="StageException">It is of another form; the message names it and says what to do.</exception>
    public static void RequirePairs(string path, IReadOnlyCollection<string> columns)
    {
        if (columns.Contains("chosen") && columns.Contains("rejected"))
            return;
        if (RankedList.Is(columns))
            throw new StageException($"{path}: these are ranked lists (prompt with several ranked responses), which become all their comparisons when asked.  write:  ranked: true");
        throw new StageException($"{path}: {OtherForm(columns, "read-preferences reads pairs", $"A preference pair needs the columns {PairForms}")}");
    }

    /// <summary>A file of ranked lists.</summary>
    /// <exception cref="StageException">It is of another form.</exception>
    public static void RequireRanked(string path, IReadOnlyCollection<string> columns)
    {
        if (RankedList.Is(columns))
            return;
        throw new StageException(columns.Contains("chosen") && columns.Contains("rejected")
            ? $"{path}: these are pairs (chosen, rejected), not ranked lists.  write:  ranked: false"
            : $"{path}: {OtherForm(columns, "ranked: true reads ranked lists", RankedList.Needs)}");
    }

    /// <summary>A file of prompts; what else is in it is passed over.</summary>
    /// <exception cref="StageException">It has no column prompt.</exception>
    public static void RequirePrompts(string path, IReadOnlyCollection<string> columns)
    {
        if (columns.Contains("prompt"))
            return;
        throw new StageException(columns.Contains("chosen") && columns.Contains("rejected")
            ? $"{path}: these are pairs without a prompt column; read-preferences takes them apart, and its rows serve as prompts as well.  write:  uses: read-preferences"
            : $"{path}: {OtherForm(columns, "read-prompts reads prompts", "A prompt needs the column prompt, a text or a list of turns")}");
    }

    private static string OtherForm(IReadOnlyCollection<string> columns, string reads, string needs)
    {
        if (columns.Contains("prompt") && columns.Contains("completion") && columns.Contains("label"))
            return $"this is TRL's unpaired form (prompt, completion, label); {reads}. Pair a prompt's completion of label true with one of label false, as columns prompt, chosen, rejected.";
        if (columns.Contains("prompt") && columns.Contains("completions") && columns.Contains("labels"))
            return $"this is TRL's form for stepwise supervision (prompt, completions, labels); {reads}. {needs}.";
        if (columns.Contains("prompt") && columns.Contains("completion"))
            return $"this is TRL's prompt-completion form (prompt, completion), which has no rejected response; {reads}. Give the completion as chosen and a worse one as rejected.";
        if (columns.Contains("messages") || columns.Contains("conversations"))
            return $"this is the form of language modelling (a list of messages a row), which compares nothing; {reads}. {needs}.";
        if (columns.Contains("prompt"))
            return $"this is TRL's prompt-only form (prompt alone); {reads}. Prompts are read by a stage of their own.  write:  uses: read-prompts";
        if (columns.Count == 1 && columns.Contains("text"))
            return $"this is the form of language modelling (text alone), which compares nothing; {reads}. {needs}.";
        return $"{needs}; this file has {string.Join(", ", columns.Take(12))}.";
    }
}
