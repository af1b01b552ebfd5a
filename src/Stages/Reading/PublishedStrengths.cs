using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>The columns of <c>fnlp/hh-rlhf-strength-cleaned</c> under the names used here, so that a user may skip the ensemble.</summary>
internal static class PublishedStrengths
{
    private static readonly Dictionary<string, Column> Names = new()
    {
        ["mean preference difference"] = DataflowRlhf.Stages.Columns.StrengthMean,
        ["std preference difference"] = DataflowRlhf.Stages.Columns.StrengthStd,
        ["chosen score list"] = DataflowRlhf.Stages.Columns.ChosenScores,
        ["rejected score list"] = DataflowRlhf.Stages.Columns.RejectedScores,
    };

    public static IReadOnlyList<Column> Columns { get; } = [.. Names.Values];

    public static bool TryRename(Dictionary<string, object?> values, out string reason)
    {
        foreach (var (published, column) in Names)
        {
            if (values.Remove(published, out var value))
                values[column.Name] = value;
            var given = values.GetValueOrDefault(column.Name);
            reason = given is null ? $"'{published}' is missing; without strengths: true the row can do without it"
                : column is Column<float> && !IsNumber(given) ? $"'{published}' is no finite number"
                : column is Column<float[]> && !(given is IReadOnlyList<object?> { Count: > 0 } list && list.All(IsNumber)) ? $"'{published}' is no list of finite numbers"
                : "";
            if (reason.Length > 0)
                return false;
        }
        var (chosen, rejected) = (Count(values, DataflowRlhf.Stages.Columns.ChosenScores), Count(values, DataflowRlhf.Stages.Columns.RejectedScores));
        if (chosen != rejected)
        {
            reason = $"there are {chosen} scores of the chosen response and {rejected} of the rejected one";
            return false;
        }
        reason = "";
        return true;
    }

    private static bool IsNumber(object? value) => value is long || (value is double number && double.IsFinite(number));

    private static int Count(Dictionary<string, object?> values, Column column) => ((IReadOnlyList<object?>)values[column.Name]!).Count;
}
