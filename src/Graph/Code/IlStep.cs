using System.Reflection.Metadata;

namespace DataflowRlhf.Graph;

/// <summary>One instruction.</summary>
/// <param name="Code">What it does.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="Token">Of what it names; 0: it names nothing.</param>
/// <param name="Targets">Where it may jump to.</param>
internal readonly record struct IlStep(ILOpCode Code, int Start, int Token, IReadOnlyList<int> Targets)
{
    public static IlStep Read(ref BlobReader il)
    {
        var start = il.Offset;
        int code = il.ReadByte();
        if (code == 0xFE)
            code = 0xFE00 | il.ReadByte();
        var op = (ILOpCode)code;
        if (op.IsBranch())
        {
            var jump = op.GetBranchOperandSize() == 1 ? il.ReadSByte() : il.ReadInt32();
            return new(op, start, 0, [il.Offset + jump]);
        }
        if (op == ILOpCode.Switch)
        {
            var jumps = new int[il.ReadInt32()];
            for (var i = 0; i < jumps.Length; i++)
                jumps[i] = il.ReadInt32();
            for (var i = 0; i < jumps.Length; i++)
                jumps[i] += il.Offset;
            return new(op, start, 0, jumps);
        }
        if (NamesSomething(code))
            return new(op, start, il.ReadInt32(), []);
        il.Offset += Operand(code);
        return new(op, start, 0, []);
    }

    /// <summary>The number of the local variable that it uses; -1: none.</summary>
    public int Local(ReadOnlySpan<byte> il) => Code switch
    {
        >= ILOpCode.Ldloc_0 and <= ILOpCode.Ldloc_3 => Code - ILOpCode.Ldloc_0,
        >= ILOpCode.Stloc_0 and <= ILOpCode.Stloc_3 => Code - ILOpCode.Stloc_0,
        ILOpCode.Ldloc_s or ILOpCode.Ldloca_s or ILOpCode.Stloc_s => il[Start + 1],
        ILOpCode.Ldloc or ILOpCode.Ldloca or ILOpCode.Stloc => il[Start + 2] | (il[Start + 3] << 8),
        _ => -1,
    };

    private static bool NamesSomething(int code) => code is 0x27 or 0x28 or 0x29 or (>= 0x6F and <= 0x75) or 0x79 or (>= 0x7B and <= 0x81)
        or 0x8C or 0x8D or 0x8F or (>= 0xA3 and <= 0xA5) or 0xC2 or 0xC6 or 0xD0 or 0xFE06 or 0xFE07 or 0xFE15 or 0xFE16 or 0xFE1C;

    /// <summary>Bytes of an operand that names nothing.</summary>
    private static int Operand(int code) => code switch
    {
        (>= 0x0E and <= 0x13) or 0x1F or 0xFE12 or 0xFE19 => 1,
        0x20 or 0x22 => 4,
        0x21 or 0x23 => 8,
        >= 0xFE09 and <= 0xFE0E => 2,
        _ => 0,
    };
}
