using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>Gathers pairs into batches. The other columns get their types from the first batch, and keep them; a missing number is NaN (0 where it is whole).</summary>
internal sealed class PairBatches(IStageRun run)
{
    private static readonly Column[] Domain =
    [
        Columns.StrengthMean, Columns.StrengthStd, Columns.StrengthQuantile, Columns.StrengthDecile, Columns.VoterAgreement, Columns.ChosenScores, Columns.RejectedScores,
        Columns.Margin, Columns.Alpha, Columns.Relabeled, Columns.RelabelReason, Columns.TruthFlipped, Columns.TruthMargin,
        Columns.PromptGroup, Columns.ChosenRank, Columns.RejectedRank, Columns.SourceRow,
    ];

    private readonly List<PreferenceRow> rows = [];
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);
    private List<Column>? others;

    public int Count => rows.Count;

    public long Emitted { get; private set; }

    public async Task EmitAsync()
    {
        var names = rows.SelectMany(r => r.Others.Keys).Distinct(StringComparer.Ordinal).ToList();
        if (others is null)
        {
            others = names.Select(TypeOf).OfType<Column>().ToList();
            seen.UnionWith(names);
        }
        foreach (var late in names.Where(seen.Add))
            run.Warn($"The column '{late}' is not in the first rows, and is not passed on.");
        var batch = Batch.Of(0, rows.Count)
            .With(Columns.RowId, Texts(r => r.RowId))
            .With(Columns.Prompt, Texts(r => r.Prompt))
            .With(Columns.Chosen, Texts(r => r.Chosen))
            .With(Columns.Rejected, Texts(r => r.Rejected))
            .With(Columns.Split, Texts(r => r.Split));
        foreach (var column in others)
            batch = Cells(batch, column, rows.ConvertAll(r => r.Others.GetValueOrDefault(column.Name)));
        Emitted += rows.Count;
        rows.Clear();
        await run.EmitAsync(batch);
    }

    public void Add(PreferenceRow row) => rows.Add(row);

    private string[] Texts(Func<PreferenceRow, string> of) => rows.Select(of).ToArray();

    /// <summary>The domain's type of a known column; else what the cells hold; null (and a warning) where nothing fits.</summary>
    private Column? TypeOf(string name)
    {
        if (Domain.FirstOrDefault(c => c.Name == name) is { } known)
            return known;
        var cells = rows.Select(r => r.Others.GetValueOrDefault(name)).Where(v => v is not null).ToList();
        if (cells.Count > 0 && cells.All(v => v is bool))
            return new Column<bool>(name);
        if (cells.Count > 0 && cells.All(v => v is long))
            return new Column<long>(name);
        if (cells.Count > 0 && cells.All(v => v is long or double))
            return new Column<double>(name);
        if (cells.Count > 0 && cells.All(v => v is List<object?> list && list.All(i => i is long or double)))
            return new Column<float[]>(name);
        if (cells.Count > 0 && cells.All(v => v is List<object?> list && list.All(i => i is string)))
            return new Column<string[]>(name);
        if (cells.All(v => v is string))
            return new Column<string>(name);
        run.Warn($"The column '{name}' holds no plain values or lists of them, and is not passed on.");
        return null;
    }

    /// <exception cref="StageException">A cell is of another kind than the first rows' cells.</exception>
    private static Batch Cells(Batch batch, Column column, List<object?> cells)
    {
        return column switch
        {
            Column<bool> c => batch.With(c, Of(v => v switch { null => false, bool flag => flag, _ => throw Misfit(v) })),
            Column<int> c => batch.With(c, Of(v => (int)Whole(v))),
            Column<long> c => batch.With(c, Of(Whole)),
            Column<float> c => batch.With(c, Of(v => (float)Number(v))),
            Column<double> c => batch.With(c, Of(Number)),
            Column<float[]> c => batch.With(c, Of(v => List(v).Select(i => (float)Number(i)).ToArray())),
            Column<string[]> c => batch.With(c, Of(v => List(v).Select(Text).ToArray())),
            Column<string> c => batch.With(c, Of(Text)),
            _ => batch,
        };

        T[] Of<T>(Func<object?, T> convert) => cells.Select(convert).ToArray();

        long Whole(object? value) => value switch { null => 0, long whole => whole, _ => throw Misfit(value) };

        double Number(object? value) => value switch { null => double.NaN, long whole => whole, double number => number, _ => throw Misfit(value) };

        List<object?> List(object? value) => value switch { null => [], List<object?> list => list, _ => throw Misfit(value) };

        StageException Misfit(object? value) => new(
            $"The column '{column.Name}' holds {column.TypeName} in the first rows, but later a cell like {Text(value)}. Give all its cells one type, or leave the column out.");
    }

    private static string Text(object? value) => value as string ?? Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "";
}
