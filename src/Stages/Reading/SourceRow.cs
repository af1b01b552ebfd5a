namespace DataflowRlhf.Stages.Reading;

/// <summary>A row as a file has it.</summary>
/// <param name="Place">File and line (or row), from 1: <c>train.jsonl:17</c>.</param>
/// <param name="Values">By column: string, bool, long, double, null, a list of these, or a dictionary of these. Null: the row could not be read.</param>
/// <param name="Problem">Why it could not be read.</param>
internal sealed record SourceRow(string Place, IReadOnlyDictionary<string, object?>? Values, string? Problem = null);
