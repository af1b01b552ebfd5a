namespace DataflowRlhf.Graph;

/// <summary>A type or a member's signature in words, with the types that are not the framework's apart: <see cref="Hole"/> stands for each.</summary>
/// <param name="Text">The words; the framework's types by their full names.</param>
/// <param name="Types">What stands in the holes, in their order.</param>
/// <param name="Root">Of a type: what it is made from, <c>List`1</c> of <c>List&lt;int&gt;</c>; null for arrays, pointers, parameters and the framework's.</param>
internal sealed record CodeSignature(string Text, IReadOnlyList<CodeMention> Types, CodeType? Root = null)
{
    public const char Hole = '\u0001';

    /// <summary>One type in a signature.</summary>
    public static CodeSignature Of(CodeType type) => type.Foreign ? new(type.Name, [], type) : new(Hole.ToString(), [new CodeMention(type, false)], type);

    /// <summary>Whether both mean the same, wherever they are written.</summary>
    public bool Same(CodeSignature other) => Text == other.Text && Types.Select(t => t.Type.Name).SequenceEqual(other.Types.Select(t => t.Type.Name));

    /// <summary>Several as one, with words before, between and after.</summary>
    public static CodeSignature Join(string before, IEnumerable<CodeSignature> parts, string after, CodeType? root = null)
    {
        var all = parts.ToList();
        return new(before + string.Join(',', all.Select(p => p.Text)) + after, all.All(p => p.Types.Count == 0) ? [] : [.. all.SelectMany(p => p.Types)], root);
    }

    /// <summary>This, each of its types being what a generic type or method is made with.</summary>
    public CodeSignature AsArgument() => Types.Count == 0 ? this : this with { Types = [.. Types.Select(t => t with { Argument = true })] };
}
