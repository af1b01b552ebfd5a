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
