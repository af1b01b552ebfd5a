namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor's shape.</summary>
    public readonly struct Size(long[] shape)
    {
        public static readonly Size Empty = new([]);
        public long[] Shape { get; } = shape;
        public int Length => Shape.Length;
        public bool IsEmpty => Length == 0;
        public long this[int idx] => Shape[idx];
        public static implicit operator Size(long size) => new([size]);
        public static implicit operator Size(long[] size) => new(size);
    }
}
