using System.Reflection;
using System.Reflection.Metadata;

namespace DataflowRlhf.Graph;

/// <summary>Writes down what types say: what an object of one is and answers to, or all of its members.</summary>
internal sealed class CodeShapes(CodeNotes notes)
{
    /// <summary>A type of which an object may be made.</summary>
    public void Made(CodeType type)
    {
        var (image, definition) = (type.Image!, type.Definition);
        notes.Add(type.Name);
        notes.Add((int)(definition.Attributes & (TypeAttributes.LayoutMask | TypeAttributes.Interface)));
        var layout = definition.GetLayout();
        notes.Add(layout.IsDefault ? 0 : layout.PackingSize);
        notes.Add(layout.IsDefault ? 0 : layout.Size);
        if (!definition.BaseType.IsNil)
            notes.Signature(image.SignatureOf(definition.BaseType));
        if (type.Base is { } parent)
            notes.Reach(parent.Image!, CodePartKind.Made, parent.Handle);
        foreach (var contract in definition.GetInterfaceImplementations().Select(i => image.Reader.GetInterfaceImplementation(i).Interface))
        {
            notes.Signature(image.SignatureOf(contract));
            if (image.TypeOf(contract) is { Image: { } home } face)
                notes.Reach(home, CodePartKind.Made, face.Handle);
        }
        foreach (var handle in definition.GetFields())
        {
            var field = image.Reader.GetFieldDefinition(handle);
            var isStatic = (field.Attributes & FieldAttributes.Static) != 0;
            if (isStatic && !type.IsEnum)
                continue;
            notes.Add(image.Reader.GetString(field.Name));
            notes.Signature(image.SignatureOf(field));
            notes.Add(field.GetOffset());
            if (isStatic)
                notes.Add(image.Reader.GetBlobBytes(image.Reader.GetConstant(field.GetDefaultValue()).Value));
        }
        foreach (var method in Overrides(type))
            notes.Reach(image, CodePartKind.Method, method);
        Attributes(image, definition.GetCustomAttributes());
    }

    /// <summary>A type whose members are looked up: all of them.</summary>
    public void Whole(CodeType type)
    {
        var (image, definition) = (type.Image!, type.Definition);
        notes.Add(type.Name);
        notes.Reach(image, CodePartKind.Made, type.Handle);
        foreach (var method in definition.GetMethods())
            notes.Reach(image, CodePartKind.Method, method);
        foreach (var handle in definition.GetFields())
        {
            var field = image.Reader.GetFieldDefinition(handle);
            notes.Add(image.Reader.GetString(field.Name));
            Attributes(image, field.GetCustomAttributes());
            if (!type.IsEnum && (field.Attributes & FieldAttributes.Static) != 0)
                notes.Reach(image, CodePartKind.Static, handle);
            foreach (var mention in image.SignatureOf(field).Types.Where(t => t.Type.Image is not null && !t.Type.Generated))
                notes.Reach(mention.Type.Image!, CodePartKind.Whole, mention.Type.Handle);
        }
        foreach (var handle in definition.GetProperties())
        {
            var property = image.Reader.GetPropertyDefinition(handle);
            notes.Add(image.Reader.GetString(property.Name));
            Attributes(image, property.GetCustomAttributes());
        }
    }

    /// <summary>A type of the compiler's: what is called of it by others, such as a state machine's steps.</summary>
    public void Written(CodeType type)
    {
        if (type.Image is not { } image)
            return;
        foreach (var method in Overrides(type).OrderBy(m => image.Reader.GetString(image.Reader.GetMethodDefinition(m).Name), StringComparer.Ordinal))
            notes.Member(image.MemberOf(method));
        if (type.Base is { Generated: false } parent)
            notes.Reach(parent.Image!, CodePartKind.Made, parent.Handle);
    }

    /// <summary>Every method with a body that is called by way of a base or an interface. What a stage foresees makes no byte of what it leaves.</summary>
    private static IEnumerable<MethodDefinitionHandle> Overrides(CodeType type)
    {
        var reader = type.Image!.Reader;
        var stage = IsStage(type);
        var explicitly = type.Definition.GetMethodImplementations().Select(i => reader.GetMethodImplementation(i).MethodBody).Where(b => b.Kind == HandleKind.MethodDefinition).Select(b => (MethodDefinitionHandle)b).ToHashSet();
        return type.Definition.GetMethods().Where(handle =>
        {
            var method = reader.GetMethodDefinition(handle);
            return method.RelativeVirtualAddress != 0
                && ((method.Attributes & MethodAttributes.Virtual) != 0 || explicitly.Contains(handle))
                && !(stage && reader.StringComparer.Equals(method.Name, nameof(Stage.Foresee)));
        });
    }

    private static bool IsStage(CodeType? type)
    {
        while (type is not null && type.Name != typeof(Stage).FullName)
            type = type.Base;
        return type is not null;
    }

    private void Attributes(CodeImage image, CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes.Select(image.Reader.GetCustomAttribute))
        {
            var member = image.MemberOf(attribute.Constructor);
            if (member.Owner.Root is not { } type || CodeReflection.ForPeople(type.Name))
                continue;
            notes.Add(type.Name);
            notes.Add(image.Reader.GetBlobBytes(attribute.Value));
        }
    }
}
