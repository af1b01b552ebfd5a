namespace DataflowRlhf.Graph;

/// <summary>What a stage tells of itself before it runs.</summary>
public sealed record Outlook
{
    /// <summary>The most memory that its body will take on the device, in bytes, beside the program's own; null: it cannot be said.</summary>
    public long? Bytes { get; init; }

    /// <summary><see cref="Bytes"/> is a bound rather than an estimate, as what feeds it is not known in full.</summary>
    public bool AtMost { get; init; }

    /// <summary>What its body holds on the device whatever its rows are; null: it cannot be said.</summary>
    public Held? Held { get; init; }

    /// <summary>What would lower <see cref="Bytes"/>, as options are written: <c>recompute: true</c>.</summary>
    public IReadOnlyList<string> Lower { get; init; } = [];

    /// <summary>What it will leave, for the stages that it feeds: they and it agree on the type.</summary>
    public object? Promise { get; init; }

    /// <summary>More is needed than there is: both, and what to write instead; null: it fits, or one of them is not known.</summary>
    /// <param name="memory">Bytes that the device has.</param>
    public string? Warning(long? memory) => Held is { } held && held.Bytes > memory
        ? $"{held.Problem(memory.Value)}  write: {held.Write(memory.Value)}"
        : Bytes is { } bytes && bytes > memory
        ? $"needs {(AtMost ? "up to" : "about")} {Size(bytes)} of memory, and there are {Size(memory.Value)}.{(Lower.Count > 0 ? $"  write: {string.Join("  or  ", Lower)}" : "")}"
        : null;

    /// <summary>Whether it cannot fit however well the estimate is meant: more is held all along than there is, or the estimate, where it is no bound, is a quarter more.</summary>
    /// <param name="memory">Bytes that the device has; null: not known.</param>
    public bool SurelyTooMuch(long? memory) => Held?.Bytes > memory || (!AtMost && Bytes / 5 * 4 > memory);

    /// <summary>Megabytes below a gigabyte, and one place above.</summary>
    public static string Size(long bytes) =>
        bytes < 1_000_000_000 ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Math.Ceiling(bytes / 1e6):0} MB") : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB");
}
