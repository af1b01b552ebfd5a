namespace TorchSharp;

public static partial class torch
{
    public sealed class Size(long[] sizes)
    {
        public long this[int index] => sizes[index];
        public int Length => sizes.Length;
        public static implicit operator long[](Size size) => size.ToArray();
        public static implicit operator Size(long[] sizes) => new(sizes);
        public long[] ToArray() => [.. sizes];
    }
}
