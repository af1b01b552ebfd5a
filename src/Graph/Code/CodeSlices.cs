using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace DataflowRlhf.Graph;

/// <summary>Cuts a static constructor into the initializers that it is made of, so that a new static field does not change the others.</summary>
internal static class CodeSlices
{
    private const byte Dup = 0x25;

    /// <summary>Row of a field → the bytes that set it; null where the code jumps about, or sets a field twice.</summary>
    public static Dictionary<int, (int Start, int End)>? Of(CodeImage image, MethodDefinitionHandle initializer)
    {
        var body = image.Pe.GetMethodBody(image.Reader.GetMethodDefinition(initializer).RelativeVirtualAddress);
        if (body.ExceptionRegions.Length > 0)
            return null;
        var slices = new Dictionary<int, (int Start, int End)>();
        var (start, first, last, before) = (0, int.MaxValue, 0, (byte)0);
        var set = new List<int>();
        var il = body.GetILReader();
        while (il.RemainingBytes > 0)
        {
            var step = IlStep.Read(ref il);
            foreach (var target in step.Targets)
                (first, last) = (Math.Min(first, target), Math.Max(last, target));
            if (step.Code == ILOpCode.Stsfld)
            {
                var field = image.MemberOf(MetadataTokens.EntityHandle(step.Token));
                if (field.IsField && field.Type?.Image == image)
                    set.Add(MetadataTokens.GetRowNumber(field.Definition));
                // What follows a dup is a value on its way to somewhere else.
                if (before != Dup)
                {
                    if (first < start || last >= il.Offset)
                        return null;
                    foreach (var row in set)
                        if (!slices.TryAdd(row, (start, il.Offset)))
                            return null;
                    (start, first, last) = (il.Offset, int.MaxValue, 0);
                    set.Clear();
                }
            }
            before = (byte)step.Code;
        }
        return slices;
    }
}
