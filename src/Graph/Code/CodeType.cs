using System.Reflection;
using System.Reflection.Metadata;

namespace DataflowRlhf.Graph;

/// <summary>A type that code names: one of an assembly that is read, or by its name alone.</summary>
/// <param name="Name">In full; a nested type behind a plus.</param>
/// <param name="Image">The assembly that it is defined in; null: it is not read.</param>
/// <param name="Package">A signed assembly that it comes from: told by its version.</param>
internal sealed record CodeType(string Name, CodeImage? Image, TypeDefinitionHandle Handle, CodeImage? Package)
{
    private Dictionary<int, (int Start, int End)>? slices;
    private bool sliced;

    /// <summary>The framework's own.</summary>
    public bool Foreign => Image is null && Package is null;

    /// <summary>Written by the compiler under a name that other code renumbers: closures, state machines, anonymous types, tables of data.</summary>
    public bool Generated { get; } = Name != "<Module>" && (Name.StartsWith('<') || Name.Contains("+<", StringComparison.Ordinal) || Name.Contains(".<", StringComparison.Ordinal));

    public TypeDefinition Definition => Image!.Reader.GetTypeDefinition(Handle);

    /// <summary>The class it extends; null where that is not read.</summary>
    public CodeType? Base => Definition.BaseType is { IsNil: false } parent && Image!.TypeOf(parent) is { Image: not null } found ? found : null;

    public bool IsValue => Definition.BaseType is { IsNil: false } parent && Image!.TypeOf(parent)?.Name is "System.ValueType" or "System.Enum";

    public bool IsEnum => Definition.BaseType is { IsNil: false } parent && Image!.TypeOf(parent)?.Name == "System.Enum";

    /// <summary>What outlives the renumbering of types: the outermost type's name.</summary>
    public string Outermost => Name.Split('+')[0];

    /// <summary>The static constructor; nil: none.</summary>
    public MethodDefinitionHandle Initializer => Definition.GetMethods().FirstOrDefault(m => Image!.Reader.StringComparer.Equals(Image.Reader.GetMethodDefinition(m).Name, ".cctor"));

    /// <summary>Its static fields are set by initializers alone, so that each stands for itself.</summary>
    public bool InitializesFieldByField => (Definition.Attributes & TypeAttributes.BeforeFieldInit) != 0 && Slices is not null;

    /// <summary>Which part of the static constructor sets a field: row of the field → bytes of the IL. Null: it cannot be told apart.</summary>
    public IReadOnlyDictionary<int, (int Start, int End)>? Slices
    {
        get
        {
            if (!sliced)
            {
                slices = Initializer.IsNil ? [] : CodeSlices.Of(Image!, Initializer);
                sliced = true;
            }
            return slices;
        }
    }

    public bool Equals(CodeType? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
