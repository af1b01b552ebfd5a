using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace DataflowRlhf.Graph;

/// <summary>What is written down while one part of the code is read, what was reached, and which of the compiler's own things are still to be told within it.</summary>
internal sealed class CodeNotes(CodeGraph graph)
{
    private readonly CodeText text = new();
    private readonly HashSet<CodePart> reached = [];
    private readonly Dictionary<object, int> numbered = [];
    private readonly Queue<(CodeMember? Member, CodeType? Type)> within = new();

    /// <summary>Of all that was written down.</summary>
    public string Hash => text.Hash();

    public IReadOnlyCollection<CodePart> Reached => [.. reached];

    public void Clear()
    {
        text.Clear();
        reached.Clear();
        numbered.Clear();
        within.Clear();
    }

    /// <summary>What the compiler wrote for the part (a closure's method, a state machine) and has not been told yet: a member or a type.</summary>
    public bool TryNext(out (CodeMember? Member, CodeType? Type) next) => within.TryDequeue(out next);

    public void Add(string word) => text.Add(word);

    public void Add(int number) => text.Add(number);

    public void Add(ReadOnlySpan<byte> raw) => text.Add(raw);

    public void Reach(CodeImage image, CodePartKind kind, EntityHandle handle)
    {
        var type = kind is CodePartKind.Made or CodePartKind.Whole ? image.TypeOf(handle) : kind == CodePartKind.Method ? image.MemberOf(handle).Type : null;
        if (type is null || !CodeReflection.Declares(type))
            reached.Add(graph.Part(image, kind, MetadataTokens.GetToken(handle)));
    }

    /// <summary>A member by name, or, where the compiler named it, by number, and once what it says.</summary>
    public void Member(CodeMember member)
    {
        Signature(member.Owner);
        if (!member.Generated)
        {
            Add(member.Name);
            Signature(member.Signature);
            return;
        }
        var image = member.Type!.Image!;
        if (Number((image, member.Definition)))
            within.Enqueue((member, null));
        // An anonymous type's properties go by their names.
        if (!member.IsField && !member.Name.StartsWith('<'))
            Add(member.Name);
    }

    public void Signature(CodeSignature signature)
    {
        Add(signature.Text);
        foreach (var (type, _) in signature.Types)
        {
            if (type.Generated)
            {
                if (Number(type))
                    within.Enqueue((null, type));
                continue;
            }
            Add(type.Name);
            if (type.Image is not null && type.IsValue)
                Reach(type.Image, CodePartKind.Made, type.Handle);
            else if (type.Package is not null)
                reached.Add(graph.Part(type.Package, CodePartKind.Package, 0));
        }
    }

    /// <summary>Writes a thing's number; whether it is new.</summary>
    private bool Number(object thing)
    {
        var fresh = numbered.TryAdd(thing, numbered.Count);
        Add(numbered[thing]);
        return fresh;
    }
}
