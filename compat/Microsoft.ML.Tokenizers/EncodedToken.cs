namespace Microsoft.ML.Tokenizers;

/// <summary>One token of an encoded text.</summary>
public struct EncodedToken(int id, string value, Range offset) : IEquatable<EncodedToken>
{
    public int Id { get; } = id;

    /// <summary>The token as the vocabulary has it.</summary>
    public string Value { get; } = value;

    /// <summary>Its place in the (normalized) text, in UTF-16 units. Tokens that are parts of one character share its place.</summary>
    public Range Offset { get; } = offset;

    public readonly bool Equals(EncodedToken other) => Id == other.Id && Value == other.Value && Offset.Equals(other.Offset);

    public override readonly bool Equals(object? obj) => obj is EncodedToken other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(Id, Value, Offset);
}
