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
            if (values.GetValueOrDefault(column.Name) is not null)
                continue;
            reason = $"'{published}' is missing; without strengths: true the row can do without it";
            return false;
        }
        reason = "";
        return true;
    }
}
