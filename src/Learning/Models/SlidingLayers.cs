namespace DataflowRlhf.Learning.Models;

/// <summary>Which of a decoder's layers look back no further than its sliding window; equal by content.</summary>
public sealed class SlidingLayers(IEnumerable<bool> layers) : IEquatable<SlidingLayers>
{
    private readonly bool[] layers = [.. layers];

    public int Count => layers.Length;

    public bool this[int layer] => layers[layer];

    /// <summary>The first layer of a run of sliding ones that goes on to the end; null where the sliding layers are not such a run.</summary>
    public int? From => Array.IndexOf(layers, true) is var first && first >= 0 && layers.Skip(first).All(s => s) ? first : null;

    public bool Equals(SlidingLayers? other) => other is not null && layers.AsSpan().SequenceEqual(other.layers);

    public override bool Equals(object? obj) => Equals(obj as SlidingLayers);

    public override int GetHashCode() => layers.Aggregate(17, HashCode.Combine);

    public override string ToString() => string.Concat(layers.Select(s => s ? 's' : 'f'));
}
