namespace DataflowRlhf.Stages.Reading;

/// <summary>A preference pair taken from a source row, with every other column.</summary>
internal sealed record PreferenceRow(string RowId, string Prompt, string Chosen, string Rejected, string Split, IReadOnlyDictionary<string, object?> Others);
