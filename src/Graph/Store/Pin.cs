namespace DataflowRlhf.Graph;

/// <summary>A name that a person gave to an artifact: <c>names/NAME</c> holds its key.</summary>
/// <param name="Key">As the file has it; what it names may be gone.</param>
public sealed record Pin(string Name, string Key);
