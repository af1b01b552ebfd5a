namespace DataflowRlhf.Graph;

/// <summary>What was made of an input.</summary>
/// <param name="Batch">Null: nothing yet.</param>
/// <param name="Aside">The quarantine's lines of the rows that were put aside.</param>
internal readonly record struct Made(Batch? Batch, IReadOnlyList<string> Aside);
