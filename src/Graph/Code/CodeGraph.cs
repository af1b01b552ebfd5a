using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace DataflowRlhf.Graph;

/// <summary>
/// Which code a piece of code reaches. Parts are read when they are first reached, and once for all that reach them.
/// <para>A call reaches the method that is named. A method that is called through a base or an interface is reached when an object of its type may be made, so
/// what implements a contract counts exactly where it is made use of, and the engine, which hands itself in, never does.</para>
/// </summary>
internal sealed class CodeGraph
{
    private readonly CodeReader reader;

    public CodeGraph() => reader = new CodeReader(this);

    public CodePart Part(CodeImage image, CodePartKind kind, int token)
    {
        if (!image.Parts.TryGetValue((kind, token), out var part))
            image.Parts[(kind, token)] = part = new CodePart(image, kind, token);
        return part;
    }

    /// <summary>All that is reached from somewhere.</summary>
    public CodeReach From(IEnumerable<CodePart> roots)
    {
        var seen = new HashSet<CodePart>();
        var open = new Stack<CodePart>();
        var images = new HashSet<CodeImage>();
        void Open(CodePart part)
        {
            if (!seen.Add(part))
                return;
            open.Push(part);
            // What an assembly does when it is loaded.
            if (images.Add(part.Image) && part.Kind != CodePartKind.Package && part.Image.Find("<Module>") is { } module && module.Initializer is { IsNil: false } first)
                Open(Part(part.Image, CodePartKind.Method, MetadataTokens.GetToken(first)));
        }
        foreach (var root in roots)
            Open(root);
        while (open.TryPop(out var part))
        {
            if (part.Hash is null)
                reader.Read(part);
            foreach (var next in part.Reaches)
                Open(next);
        }
        var areas = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using var digest = new ContentDigest();
        foreach (var area in seen.GroupBy(p => p.Area))
        {
            if (area.All(p => p.Kind == CodePartKind.Package))
            {
                areas[area.Key] = area.First().Hash!;
                continue;
            }
            foreach (var hash in area.Select(p => p.Hash!).Order(StringComparer.Ordinal))
                digest.Add(hash);
            areas[area.Key] = digest.Take()[..16];
        }
        return new CodeReach(areas, images, [.. seen.Where(p => p.Kind == CodePartKind.Native).Select(p => Path.Combine(p.Image.Folder!, p.Area)).Distinct()]);
    }

    /// <summary>What a stage is: what makes it, what the engine calls of it, and its options.</summary>
    public IEnumerable<CodePart> Stage(CodeType stage)
    {
        var (image, definition) = (stage.Image!, stage.Definition);
        yield return Part(image, CodePartKind.Made, MetadataTokens.GetToken(stage.Handle));
        foreach (var method in definition.GetMethods().Where(m => image.Reader.StringComparer.Equals(image.Reader.GetMethodDefinition(m).Name, ".ctor")))
            yield return Part(image, CodePartKind.Method, MetadataTokens.GetToken(method));
        if (image.Find($"{stage.Name}+Options") is { } options)
            yield return All(options);
    }

    /// <summary>A type with all its members.</summary>
    public CodePart All(CodeType type) => Part(type.Image!, CodePartKind.Whole, MetadataTokens.GetToken(type.Handle));
}
