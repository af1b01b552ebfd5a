using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace DataflowRlhf.Graph;

/// <summary>
/// Writes down what one part of the code says and notes what it reaches. Every number that other code moves (tokens, addresses, the compiler's own names) is replaced by
/// what it stands for: members by their names, literals and tables by their content. What the compiler wrote for a method (closures, state machines, anonymous types) is told
/// within that method, numbered as it comes up.
/// </summary>
internal sealed class CodeReader
{
    private readonly CodeNotes notes;
    private readonly CodeBodies bodies;
    private readonly CodeShapes shapes;

    public CodeReader(CodeGraph graph)
    {
        notes = new CodeNotes(graph);
        bodies = new CodeBodies(notes);
        shapes = new CodeShapes(notes);
    }

    public void Read(CodePart part)
    {
        notes.Clear();
        part.Area = Write(part.Image, part.Kind, (EntityHandle)MetadataTokens.Handle(part.Token));
        while (notes.TryNext(out var next))
            Within(next.Member, next.Type);
        part.Hash = part.Kind == CodePartKind.Package ? $"{part.Image.Version} {part.Image.ModuleId.ToString("N")[..16]}" : notes.Hash;
        part.Reaches = notes.Reached;
    }

    /// <summary>Writes down what a part says itself.</summary>
    /// <returns>Under which name a change of it is told.</returns>
    private string Write(CodeImage image, CodePartKind kind, EntityHandle handle)
    {
        switch (kind)
        {
            case CodePartKind.Method:
                bodies.Method(image, (MethodDefinitionHandle)handle, named: true);
                return image.MemberOf(handle).Type is { Name: not "<Module>" } owner ? owner.Outermost : image.Name;
            case CodePartKind.Static:
                bodies.Static(image, image.MemberOf(handle), named: true);
                return image.MemberOf(handle).Type!.Outermost;
            case CodePartKind.Made:
                shapes.Made(image.TypeOf(handle)!);
                return image.TypeOf(handle)!.Outermost;
            case CodePartKind.Whole:
                shapes.Whole(image.TypeOf(handle)!);
                return image.TypeOf(handle)!.Outermost;
            case CodePartKind.Native:
                var module = image.Reader.GetString(image.Reader.GetModuleReference((ModuleReferenceHandle)handle).Name);
                var file = CodeNative.Find(image.Folder, module)!;
                notes.Add(CodeNative.Hash(file));
                return Path.GetFileName(file);
            case CodePartKind.Resources:
                Resources(image);
                return $"{image.Name} (resources)";
            default:
                notes.Add(image.ModuleId.ToString("N"));
                return image.Name;
        }
    }

    /// <summary>Writes down what the compiler wrote for the part.</summary>
    private void Within(CodeMember? member, CodeType? type)
    {
        if (type is not null)
            shapes.Written(type);
        else if (member!.IsField)
            bodies.Static(member.Type!.Image!, member, named: false);
        else
            bodies.Method(member.Type!.Image!, (MethodDefinitionHandle)member.Definition, named: false);
    }

    private void Resources(CodeImage image)
    {
        foreach (var resource in image.Reader.ManifestResources.Select(image.Reader.GetManifestResource).OrderBy(r => image.Reader.GetString(r.Name), StringComparer.Ordinal))
        {
            notes.Add(image.Reader.GetString(resource.Name));
            if (resource.Implementation.IsNil)
                notes.Add(CodeNative.Resource(image, resource));
        }
    }
}
