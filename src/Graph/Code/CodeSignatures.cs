using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace DataflowRlhf.Graph;

/// <summary>Turns the signatures of one assembly into <see cref="CodeSignature"/>s.</summary>
internal sealed class CodeSignatures(CodeImage image) : ISignatureTypeProvider<CodeSignature, object?>
{
    private static readonly CodeSignature[] Primitives = [.. Enumerable.Range(0, 256).Select(i => new CodeSignature(((PrimitiveTypeCode)i).ToString(), []))];

    public CodeSignature Of(MethodSignature<CodeSignature> method) => CodeSignature.Join(
        $"{(method.Header.IsInstance ? "instance " : "")}{method.GenericParameterCount}(", method.ParameterTypes.Append(method.ReturnType), ")");

    public CodeSignature GetArrayType(CodeSignature elementType, ArrayShape shape) => Around(elementType, $"[{shape.Rank}]");

    public CodeSignature GetByReferenceType(CodeSignature elementType) => Around(elementType, "&");

    public CodeSignature GetFunctionPointerType(MethodSignature<CodeSignature> signature) => Around(Of(signature), "*()");

    public CodeSignature GetGenericInstantiation(CodeSignature genericType, ImmutableArray<CodeSignature> typeArguments) =>
        CodeSignature.Join("", [genericType, CodeSignature.Join("<", typeArguments.Select(a => a.AsArgument()), ">")], "", genericType.Root);

    public CodeSignature GetGenericMethodParameter(object? genericContext, int index) => new($"!!{index}", []);

    public CodeSignature GetGenericTypeParameter(object? genericContext, int index) => new($"!{index}", []);

    public CodeSignature GetModifiedType(CodeSignature modifier, CodeSignature unmodifiedType, bool isRequired) => CodeSignature.Join("", [unmodifiedType, modifier], "modified", unmodifiedType.Root);

    public CodeSignature GetPinnedType(CodeSignature elementType) => Around(elementType, "pinned");

    public CodeSignature GetPointerType(CodeSignature elementType) => Around(elementType, "*");

    public CodeSignature GetPrimitiveType(PrimitiveTypeCode typeCode) => Primitives[(int)typeCode];

    public CodeSignature GetSZArrayType(CodeSignature elementType) => Around(elementType, "[]");

    public CodeSignature GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => CodeSignature.Of(image.TypeOf(handle)!);

    public CodeSignature GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => CodeSignature.Of(image.TypeOf(handle)!);

    public CodeSignature GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) => image.SignatureOf(handle);

    private static CodeSignature Around(CodeSignature inner, string after) => inner with { Text = inner.Text + after, Root = null };
}
