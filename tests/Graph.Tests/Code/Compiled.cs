using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace DataflowRlhf.Graph.Tests.Code;

/// <summary>Small sources made into assemblies by the compiler of the SDK, and the versions of what is in them.</summary>
internal static class Compiled
{
    private const string Usings = "using System; using System.Collections.Generic; using System.Linq; using System.Threading.Tasks; using DataflowRlhf.Graph;\n";

    private static readonly IReadOnlyList<MetadataReference> Framework =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(f => Path.GetFileName(f).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(f) == "DataflowRlhf.Graph.dll")
            .Select(f => MetadataReference.CreateFromFile(f)),
    ];

    private static readonly byte[] GraphFile = File.ReadAllBytes(typeof(Batch).Assembly.Location);

    /// <summary>The bytes of an assembly.</summary>
    public static byte[] Assembly(string source, string name = "Mine", bool optimize = true, params byte[][] references)
    {
        var compilation = CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText(Usings + source, new CSharpParseOptions(LanguageVersion.Latest))],
            [.. Framework, .. references.Select(r => MetadataReference.CreateFromImage(r))],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: optimize ? OptimizationLevel.Release : OptimizationLevel.Debug, allowUnsafe: true, deterministic: true));
        using var stream = new MemoryStream();
        var result = compilation.Emit(stream);
        result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Should().BeEmpty();
        return stream.ToArray();
    }

    /// <summary>The areas that a type reaches, with their versions.</summary>
    public static SortedDictionary<string, string> Areas(string type, params byte[][] assemblies)
    {
        var images = new Dictionary<string, CodeImage>();
        CodeImage? Find(string name) => images.GetValueOrDefault(name);
        foreach (var assembly in assemblies.Append(GraphFile))
        {
            var image = new CodeImage(assembly, null, Find);
            images.Add(image.Name, image);
        }
        var graph = new CodeGraph();
        var found = images.Values.Select(i => i.Find(type)).First(t => t is not null);
        return graph.From(graph.Stage(found!)).Areas;
    }

    /// <summary>The version of a type in a source, as one word.</summary>
    public static string Version(string type, string source) => string.Join('\n', Areas(type, Assembly(source)).Select(a => $"{a.Key} {a.Value}"));
}
