namespace DataflowRlhf.Graph;

/// <summary>What came of one run.</summary>
/// <param name="Store">The store's folder.</param>
/// <param name="Left">The stage's artifact; null: none.</param>
/// <param name="All">The rows of a dataset in one batch; null: it has none, or is no dataset.</param>
internal sealed record TrialResult(RunResult Run, Watch Watch, string Store, ArtifactRecord? Left, Batch? All)
{
    /// <summary>Null where it ended well, else how it did not.</summary>
    public string? Trouble => Run.Outcome == RunOutcome.Done && Left is not null ? null : Run.Outcome == RunOutcome.Interrupted ? "it was interrupted" : $"it failed: {Run.FailedStage}: {Run.Message}";

    /// <summary>The first thing in which the content of another differs, in words; null: equal.</summary>
    /// <param name="whole">Every byte counts; else rows are compared as rows, and a model's card, which names digests, is left out.</param>
    public string? Differs(TrialResult other, bool whole)
    {
        if ((Trouble ?? other.Trouble) is { } trouble)
            return trouble;
        if (Left!.Kind == ArtifactKind.Dataset && DiffersInRows(other) is { } row)
            return row;
        if (Left.Kind == ArtifactKind.Dataset && !whole)
            return null;
        var (mine, theirs) = (Files(Left.Folder, whole), Files(other.Left!.Folder, whole));
        if (mine.Except(theirs).Concat(theirs.Except(mine)).Order(StringComparer.Ordinal).FirstOrDefault() is { } one)
            return $"{one} is there once only";
        return mine.FirstOrDefault(f => !File.ReadAllBytes(Path.Combine(Left.Folder, f)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(other.Left.Folder, f)))) is { } file ? $"{file} holds other bytes" : null;
    }

    private string? DiffersInRows(TrialResult other)
    {
        var (mine, theirs) = (All, other.All);
        if ((mine?.Rows ?? 0) != (theirs?.Rows ?? 0))
            return $"{mine?.Rows ?? 0} rows, then {theirs?.Rows ?? 0}";
        if (mine is null || theirs is null)
            return null;
        foreach (var column in mine.Columns.Where(c => !Subject.IsExtra(c)))
        {
            if (!theirs.Has(column))
                return $"column {column} is there once only";
            var (a, b) = (mine.Values(column), theirs.Values(column));
            for (var row = 0; row < mine.Rows; row++)
                if (Subject.Text(a.GetValue(row)) is var first && Subject.Text(b.GetValue(row)) is var then && first != then)
                    return $"row {row}, {column.Name}: {first}, then {then}";
        }
        return null;
    }

    private static List<string> Files(string folder, bool whole) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Where(f => whole || Path.GetFileName(f) != "README.md").Order(StringComparer.Ordinal)];
}
