namespace Parquet.Schema;

/// <summary>Where a field is: the names from the top of the schema down to it.</summary>
public sealed class FieldPath : IEquatable<FieldPath>, IFormattable
{
    private readonly List<string> parts;

    public FieldPath(string firstPart) => parts = [firstPart];

    public FieldPath(IEnumerable<string> parts) => this.parts = [.. parts];

    public FieldPath(params string[] parts) => this.parts = [.. parts];

    public string? FirstPart => parts.Count > 0 ? parts[0] : null;

    public string this[int i] => parts[i];

    public int Length => parts.Count;

    public void Append(string value) => parts.Add(value);

    public List<string> ToList() => [.. parts];

    public bool Equals(FieldPath? other) => other != null && parts.SequenceEqual(other.parts, StringComparer.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as FieldPath);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (string part in parts) hash.Add(part, StringComparer.Ordinal);
        return hash.ToHashCode();
    }

    public override string ToString() => string.Join(ParquetSchema.PathSeparator, parts);

    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    public static FieldPath operator +(FieldPath? left, FieldPath? right) => new((left?.parts ?? []).Concat(right?.parts ?? []));
}
