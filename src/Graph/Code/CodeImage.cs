using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;

namespace DataflowRlhf.Graph;

/// <summary>One assembly's file, read as data: types and members by what they are called, whatever their numbers are.</summary>
internal sealed class CodeImage
{
    private readonly Func<string, CodeImage?> find;
    private readonly CodeSignatures signatures;
    private readonly Dictionary<int, CodeType> types = [];
    private readonly Dictionary<int, CodeSignature> typeSignatures = [];
    private readonly Dictionary<int, CodeMember> members = [];
    private Dictionary<string, TypeDefinitionHandle>? byName;

    /// <param name="file">The bytes of the assembly.</param>
    /// <param name="folder">Where it lies, for the native libraries beside it; null: nowhere.</param>
    /// <param name="find">An assembly that this one names; null: the framework's, which is not read.</param>
    public CodeImage(byte[] file, string? folder, Func<string, CodeImage?> find)
    {
        this.find = find;
        Folder = folder;
        Pe = new PEReader(ImmutableCollectionsMarshal.AsImmutableArray(file));
        Reader = Pe.GetMetadataReader();
        signatures = new CodeSignatures(this);
        var definition = Reader.GetAssemblyDefinition();
        Name = Reader.GetString(definition.Name);
        Signed = !definition.PublicKey.IsNil;
        ModuleId = Reader.GetGuid(Reader.GetModuleDefinition().Mvid);
        Version = definition.Version.ToString();
        Build = folder is null ? null : CodeMemo.Build(ModuleId, file.Length);
    }

    public PEReader Pe { get; }
    public MetadataReader Reader { get; }
    public string? Folder { get; }
    public string Name { get; }
    public string Version { get; }
    public Guid ModuleId { get; }

    /// <summary>Tells this build from another; null: it has no file.</summary>
    public string? Build { get; }

    /// <summary>Made by somebody else and published: its version tells all of it.</summary>
    public bool Signed { get; }

    /// <summary>What has been read of it: see <see cref="CodeGraph"/>.</summary>
    public Dictionary<(CodePartKind, int), CodePart> Parts { get; } = [];

    public CodeType? Find(string fullName)
    {
        byName ??= Reader.TypeDefinitions.ToDictionary(NameOf, StringComparer.Ordinal);
        return byName.TryGetValue(fullName, out var handle) ? TypeOf(handle) : null;
    }

    /// <summary>The type behind a definition or reference, and of a specification its root; null: an array, a parameter.</summary>
    public CodeType? TypeOf(EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeSpecification)
            return SignatureOf(handle).Root;
        var token = MetadataTokens.GetToken(handle);
        if (!types.TryGetValue(token, out var type))
            types[token] = type = handle.Kind == HandleKind.TypeDefinition ? new CodeType(NameOf((TypeDefinitionHandle)handle), this, (TypeDefinitionHandle)handle, null) : Referred((TypeReferenceHandle)handle);
        return type;
    }

    /// <summary>A type as code writes it.</summary>
    public CodeSignature SignatureOf(EntityHandle type)
    {
        var token = MetadataTokens.GetToken(type);
        if (!typeSignatures.TryGetValue(token, out var signature))
            typeSignatures[token] = signature = type.Kind == HandleKind.TypeSpecification ? Reader.GetTypeSpecification((TypeSpecificationHandle)type).DecodeSignature(signatures, null) : CodeSignature.Of(TypeOf(type)!);
        return signature;
    }

    public CodeSignature SignatureOf(FieldDefinition field) => field.DecodeSignature(signatures, null);

    public CodeSignature SignatureOf(MethodDefinition method) => signatures.Of(method.DecodeSignature(signatures, null));

    public CodeSignature SignatureOf(StandaloneSignatureHandle handle)
    {
        var signature = Reader.GetStandaloneSignature(handle);
        return signature.GetKind() == StandaloneSignatureKind.LocalVariables
            ? CodeSignature.Join("", signature.DecodeLocalSignature(signatures, null), "")
            : signatures.Of(signature.DecodeMethodSignature(signatures, null));
    }

    public IReadOnlyList<CodeSignature> LocalsOf(StandaloneSignatureHandle handle) => handle.IsNil ? [] : Reader.GetStandaloneSignature(handle).DecodeLocalSignature(signatures, null);

    /// <summary>What a generic method is made with.</summary>
    public CodeSignature ArgumentsOf(MethodSpecification method) => CodeSignature.Join("<", method.DecodeSignature(signatures, null), ">").AsArgument();

    /// <summary>The member behind a method, field, or reference to one.</summary>
    public CodeMember MemberOf(EntityHandle handle)
    {
        var token = MetadataTokens.GetToken(handle);
        if (!members.TryGetValue(token, out var member))
            members[token] = member = handle.Kind switch
            {
                HandleKind.MethodDefinition => Defined((MethodDefinitionHandle)handle),
                HandleKind.FieldDefinition => Defined((FieldDefinitionHandle)handle),
                _ => Referred(Reader.GetMemberReference((MemberReferenceHandle)handle)),
            };
        return member;
    }

    private CodeMember Defined(MethodDefinitionHandle handle)
    {
        var method = Reader.GetMethodDefinition(handle);
        var owner = method.GetDeclaringType();
        return new CodeMember(SignatureOf(owner), Reader.GetString(method.Name), SignatureOf(method), TypeOf(owner), handle);
    }

    private CodeMember Defined(FieldDefinitionHandle handle)
    {
        var field = Reader.GetFieldDefinition(handle);
        var owner = field.GetDeclaringType();
        return new CodeMember(SignatureOf(owner), Reader.GetString(field.Name), SignatureOf(field), TypeOf(owner), handle);
    }

    private CodeMember Referred(MemberReference reference)
    {
        var name = Reader.GetString(reference.Name);
        var field = reference.GetKind() == MemberReferenceKind.Field;
        var signature = field ? reference.DecodeFieldSignature(signatures, null) : signatures.Of(reference.DecodeMethodSignature(signatures, null));
        if (reference.Parent.Kind == HandleKind.MethodDefinition)
            return MemberOf(reference.Parent);
        var owner = SignatureOf(reference.Parent);
        for (var type = owner.Root; type?.Image is { } image; type = type.Base)
            if (image.Define(type, name, signature, field) is { IsNil: false } definition)
                return new CodeMember(owner, name, signature, type, definition);
        return new CodeMember(owner, name, signature, owner.Root, default);
    }

    private EntityHandle Define(CodeType type, string name, CodeSignature signature, bool field)
    {
        var definition = type.Definition;
        return field
            ? definition.GetFields().FirstOrDefault(f => Reader.StringComparer.Equals(Reader.GetFieldDefinition(f).Name, name))
            : definition.GetMethods().FirstOrDefault(m => Reader.StringComparer.Equals(Reader.GetMethodDefinition(m).Name, name) && MemberOf(m).Signature.Same(signature));
    }

    private CodeType Referred(TypeReferenceHandle handle)
    {
        var reference = Reader.GetTypeReference(handle);
        var name = Reader.GetString(reference.Name);
        if (reference.ResolutionScope.Kind == HandleKind.TypeReference)
        {
            var outer = TypeOf(reference.ResolutionScope)!;
            return outer.Image?.Find($"{outer.Name}+{name}") ?? new CodeType($"{outer.Name}+{name}", null, default, outer.Package);
        }
        if (!reference.Namespace.IsNil)
            name = $"{Reader.GetString(reference.Namespace)}.{name}";
        var image = reference.ResolutionScope.Kind == HandleKind.AssemblyReference ? find(Reader.GetString(Reader.GetAssemblyReference((AssemblyReferenceHandle)reference.ResolutionScope).Name)) : this;
        return image is null ? new CodeType(name, null, default, null)
            : image.Signed && image != this ? new CodeType(name, null, default, image)
            : image.Find(name) ?? image.Forwarded(name) ?? new CodeType(name, null, default, image);
    }

    /// <summary>A type that this assembly says has moved to another.</summary>
    private CodeType? Forwarded(string name) => Reader.ExportedTypes.Select(Reader.GetExportedType)
        .Where(t => t.IsForwarder && $"{Reader.GetString(t.Namespace)}.{Reader.GetString(t.Name)}" == name && t.Implementation.Kind == HandleKind.AssemblyReference)
        .Select(t => find(Reader.GetString(Reader.GetAssemblyReference((AssemblyReferenceHandle)t.Implementation).Name))?.Find(name)).FirstOrDefault();

    private string NameOf(TypeDefinitionHandle handle)
    {
        var type = Reader.GetTypeDefinition(handle);
        var name = Reader.GetString(type.Name);
        return type.IsNested ? $"{NameOf(type.GetDeclaringType())}+{name}" : type.Namespace.IsNil ? name : $"{Reader.GetString(type.Namespace)}.{name}";
    }
}
