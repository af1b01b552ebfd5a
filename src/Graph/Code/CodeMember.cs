using System.Reflection.Metadata;

namespace DataflowRlhf.Graph;

/// <summary>A method or field that code names.</summary>
/// <param name="Owner">The type that it is named under, with what that is made with.</param>
/// <param name="Signature">Its own signature, of a generic one open.</param>
/// <param name="Type">The type that defines it; null: an array's, or one of the framework.</param>
/// <param name="Definition">Where it is defined in that type's assembly; nil where that is not read.</param>
internal sealed record CodeMember(CodeSignature Owner, string Name, CodeSignature Signature, CodeType? Type, EntityHandle Definition)
{
    public bool IsField => Definition.Kind == HandleKind.FieldDefinition;

    /// <summary>Written by the compiler under a name that other code renumbers.</summary>
    public bool Generated => !Definition.IsNil && (Type!.Generated || GeneratedName(Name, IsField));

    /// <summary>Lambdas, local functions; the names of record's clones and backing fields stay.</summary>
    private static bool GeneratedName(string name, bool field) => !field && name.StartsWith('<') && name is not ("<Clone>$" or "<Main>$");
}
