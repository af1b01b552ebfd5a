using System.Reflection;
using System.Reflection.Metadata;

namespace DataflowRlhf.Graph;

/// <summary>Where code reaches further than its own text says.</summary>
internal static class CodeReflection
{
    /// <summary>Attributes that only compilers, debuggers, forms and help read.</summary>
    public static bool ForPeople(string attribute) =>
        (attribute.StartsWith("System.Runtime.CompilerServices.", StringComparison.Ordinal) && attribute != "System.Runtime.CompilerServices.InlineArrayAttribute")
        || attribute.StartsWith("System.Diagnostics.", StringComparison.Ordinal)
        || attribute.StartsWith("System.ComponentModel.", StringComparison.Ordinal)
        || attribute is "System.ObsoleteAttribute" or "System.AttributeUsageAttribute" or "System.CLSCompliantAttribute"
        || attribute.StartsWith("Microsoft.CodeAnalysis.", StringComparison.Ordinal)
        || attribute == typeof(OptionAttribute).FullName || attribute == typeof(StageAttribute).FullName;

    /// <summary>What a stage says of itself in these is in its own code; how the engine keeps it makes no byte of what the stage leaves.</summary>
    private static readonly HashSet<string> Declarations =
    [
        .. new[]
        {
            typeof(StagePorts), typeof(InputPort), typeof(DatasetPort), typeof(ModelPort), typeof(AnyPort), typeof(Output), typeof(DatasetOutput), typeof(ModelOutput), typeof(ReportOutput),
            typeof(Outlook), typeof(OptionException),
        }.Select(t => t.FullName!),
    ];

    public static bool Declares(CodeType type) => Declarations.Contains(type.Name);

    /// <summary>A member of a generic type, or a generic method, that may make an object of what it is made with.</summary>
    public static bool Makes(CodeMember called)
    {
        if (called.Type?.Image is { } image && !called.Definition.IsNil)
            return (called.IsField ? [] : image.Reader.GetMethodDefinition((MethodDefinitionHandle)called.Definition).GetGenericParameters()).Concat(called.Type.Definition.GetGenericParameters())
                .Any(p => (image.Reader.GetGenericParameter(p).Attributes & GenericParameterAttributes.DefaultConstructorConstraint) != 0);
        return called.Owner.Root?.Name is not { } name || !name.StartsWith("System.", StringComparison.Ordinal)
            || name is "System.Activator" or "System.Lazy`1" or "System.Threading.LazyInitializer" or "System.Threading.ThreadLocal`1" or "System.Runtime.CompilerServices.ConditionalWeakTable`2";
    }

    /// <summary>A generic method of another's that may go over its argument's members: a serializer. The framework's own do not, but for its serializers.</summary>
    public static bool LooksInside(CodeMember called) =>
        called.Owner.Root is not { } type || !type.Name.StartsWith("System.", StringComparison.Ordinal)
        || type.Name.StartsWith("System.Text.Json.", StringComparison.Ordinal) || type.Name.StartsWith("System.Xml.", StringComparison.Ordinal)
        || type.Name.StartsWith("System.Runtime.Serialization.", StringComparison.Ordinal) || type.Name.StartsWith("System.Net.Http.Json.", StringComparison.Ordinal)
        || (type.Name == "System.Activator" && called.Name == "CreateInstance");

    /// <summary>Looks types up by name, so that nothing says which.</summary>
    public static bool FindsByName(CodeMember called) => called.Owner.Root?.Name switch
    {
        "System.Type" => called.Name == "GetType" && called.Signature.Text.Contains("String", StringComparison.Ordinal),
        "System.Reflection.Assembly" => called.Name is "GetType" or "GetTypes" or "GetExportedTypes" or "get_DefinedTypes" or "get_ExportedTypes" or "CreateInstance" or "Load" or "LoadFrom" or "LoadFile",
        "System.Activator" => called.Signature.Text.Contains("String", StringComparison.Ordinal),
        "Microsoft.CSharp.RuntimeBinder.Binder" => true,
        _ => false,
    };

    public static bool ReadsResources(CodeMember called) =>
        (called.Owner.Root?.Name == "System.Reflection.Assembly" && called.Name.StartsWith("GetManifestResource", StringComparison.Ordinal)) || called.Owner.Root?.Name == "System.Resources.ResourceManager";
}
