namespace DataflowRlhf.Graph;

/// <summary>That a person took an older output for what a stage would make now.</summary>
/// <param name="From">The key under which it was made (or accepted before).</param>
/// <param name="Made">When it was really made.</param>
/// <param name="When">When it was accepted.</param>
/// <param name="Changes">Every field of the key that was not the same.</param>
public sealed record Acceptance(string From, DateTimeOffset Made, DateTimeOffset When, IReadOnlyList<AcceptedChange> Changes)
{
    /// <summary>That it had been accepted under <see cref="From"/> itself.</summary>
    public Acceptance? Before { get; init; }

    /// <summary>In one line: <c>accepted on 2026-11-21 as 3f9c0a11d2b7 was, in spite of option epochs: 3 → 5</c>.</summary>
    public override string ToString() =>
        $"accepted on {When.UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)}, made as {From[..Math.Min(12, From.Length)]}, in spite of {string.Join("; ", Preimage.Words([.. Changes.Select(c => new FieldChange(c.Field, c.Was, c.Now))]))}{(Before is null ? "" : $"; that was {Before}")}";
}

/// <summary>A field of a key that differed.</summary>
/// <param name="Was">Null: it is new.</param>
/// <param name="Now">Null: it is gone.</param>
public sealed record AcceptedChange(string Field, string? Was, string? Now);
