using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace DataflowRlhf.Graph;

/// <summary>
/// Writes down what one part of the code says and notes what it reaches. Every number that other code moves (tokens, addresses, the compiler's own names) is replaced by
/// what it stands for: members by their names, literals and tables by their content. What the compiler wrote for a method (closures, state machines, anonymous types) is told
/// within that method, numbered as it comes up.
/// </summary>
internal sealed class CodeReader(CodeGraph graph)
{
    private readonly CodeText text = new();
    private readonly HashSet<CodePart> reached = [];
    private readonly Dictionary<object, int> numbered = [];
    private readonly Queue<Action> within = new();
    private string area = "";

    public void Read(CodePart part)
    {
        text.Clear();
        reached.Clear();
        numbered.Clear();
        within.Clear();
        area = "";
        var handle = (EntityHandle)MetadataTokens.Handle(part.Token);
        switch (part.Kind)
        {
            case CodePartKind.Method:
                area = part.Image.MemberOf(handle).Type is { Name: not "<Module>" } owner ? owner.Outermost : part.Image.Name;
                Method(part.Image, (MethodDefinitionHandle)handle, named: true);
                break;
            case CodePartKind.Static:
                area = part.Image.MemberOf(handle).Type!.Outermost;
                Static(part.Image, part.Image.MemberOf(handle), named: true);
                break;
            case CodePartKind.Made:
                area = part.Image.TypeOf(handle)!.Outermost;
                Made(part.Image.TypeOf(handle)!);
                break;
            case CodePartKind.Whole:
                area = part.Image.TypeOf(handle)!.Outermost;
                Whole(part.Image.TypeOf(handle)!);
                break;
            case CodePartKind.Native:
                var module = part.Image.Reader.GetString(part.Image.Reader.GetModuleReference((ModuleReferenceHandle)handle).Name);
                var file = CodeNative.Find(part.Image.Folder, module)!;
                area = Path.GetFileName(file);
                text.Add(CodeNative.Hash(file));
                break;
            case CodePartKind.Resources:
                area = $"{part.Image.Name} (resources)";
                Resources(part.Image);
                break;
            default:
                area = part.Image.Name;
                text.Add(part.Image.ModuleId.ToString("N"));
                break;
        }
        while (within.TryDequeue(out var more))
            more();
        part.Area = area;
        part.Hash = part.Kind == CodePartKind.Package ? $"{part.Image.Version} {part.Image.ModuleId.ToString("N")[..16]}" : text.Hash();
        part.Reaches = [.. reached];
    }

    private void Reach(CodeImage image, CodePartKind kind, EntityHandle handle)
    {
        var type = kind is CodePartKind.Made or CodePartKind.Whole ? image.TypeOf(handle) : kind == CodePartKind.Method ? image.MemberOf(handle).Type : null;
        if (type is null || !CodeReflection.Declares(type))
            reached.Add(graph.Part(image, kind, MetadataTokens.GetToken(handle)));
    }

    private void Method(CodeImage image, MethodDefinitionHandle handle, bool named)
    {
        var method = image.Reader.GetMethodDefinition(handle);
        var member = image.MemberOf(handle);
        text.Add((int)(method.Attributes & (MethodAttributes.Static | MethodAttributes.Virtual | MethodAttributes.Abstract | MethodAttributes.NewSlot)));
        if (named)
            Member(member);
        else
            Signature(member.Signature);
        var type = member.Type!;
        var starts = (method.Attributes & MethodAttributes.Static) != 0 || member.Name == ".ctor";
        if (starts && !type.Generated && (type.Definition.Attributes & TypeAttributes.BeforeFieldInit) == 0 && type.Initializer is { IsNil: false } initializer && initializer != handle)
            Reach(image, CodePartKind.Method, initializer);
        if ((method.Attributes & MethodAttributes.PinvokeImpl) != 0)
        {
            var import = method.GetImport();
            text.Add(image.Reader.GetString(import.Name));
            var library = image.Reader.GetString(image.Reader.GetModuleReference(import.Module).Name);
            text.Add(library);
            // A library of the system is known by its name alone.
            if (CodeNative.Find(image.Folder, library) is not null)
                Reach(image, CodePartKind.Native, import.Module);
        }
        if (method.RelativeVirtualAddress == 0)
            return;
        var body = image.Pe.GetMethodBody(method.RelativeVirtualAddress);
        foreach (var local in image.LocalsOf(body.LocalSignature))
            Signature(local);
        foreach (var region in body.ExceptionRegions)
        {
            foreach (var number in (int[])[(int)region.Kind, region.TryOffset, region.TryLength, region.HandlerOffset, region.HandlerLength, region.FilterOffset])
                text.Add(number);
            if (!region.CatchType.IsNil)
                Signature(image.SignatureOf(region.CatchType));
        }
        Code(image, body, 0, body.GetILReader().Length, []);
    }

    /// <param name="locals">Null numbers apart: a slice's own, as they come up.</param>
    private void Code(CodeImage image, MethodBodyBlock body, int start, int end, IReadOnlyList<CodeSignature> locals)
    {
        var bytes = body.GetILBytes().AsSpan();
        var il = body.GetILReader();
        il.Offset = start;
        var own = new Dictionary<int, int>();
        while (il.Offset < end)
        {
            var step = IlStep.Read(ref il);
            if (step.Token == 0 && locals.Count > 0 && step.Local(bytes) is >= 0 and var local)
            {
                text.Add((int)Kind(step.Code));
                if (own.TryAdd(local, own.Count))
                    Signature(locals[local]);
                text.Add(own[local]);
            }
            else if (step.Token == 0)
            {
                text.Add(bytes[step.Start..il.Offset]);
            }
            else
            {
                text.Add((int)step.Code);
                if (step.Code == ILOpCode.Ldstr)
                    text.Add(image.Reader.GetUserString((UserStringHandle)MetadataTokens.Handle(step.Token)));
                else
                    Named(image, step.Code, MetadataTokens.EntityHandle(step.Token));
            }
        }

        static ILOpCode Kind(ILOpCode code) => code switch
        {
            (>= ILOpCode.Ldloc_0 and <= ILOpCode.Ldloc_3) or ILOpCode.Ldloc_s => ILOpCode.Ldloc,
            (>= ILOpCode.Stloc_0 and <= ILOpCode.Stloc_3) or ILOpCode.Stloc_s => ILOpCode.Stloc,
            ILOpCode.Ldloca_s => ILOpCode.Ldloca,
            _ => code,
        };
    }

    private void Named(CodeImage image, ILOpCode code, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition or HandleKind.TypeReference or HandleKind.TypeSpecification:
                var type = image.SignatureOf(handle);
                Signature(type);
                // A cast makes nothing; all else that names a type may.
                if (code is not (ILOpCode.Castclass or ILOpCode.Isinst))
                    foreach (var mention in type.Types.Where(t => !t.Argument && t.Type.Image is not null && !t.Type.Generated))
                        Reach(mention.Type.Image!, code == ILOpCode.Ldtoken ? CodePartKind.Whole : CodePartKind.Made, mention.Type.Handle);
                break;
            case HandleKind.StandaloneSignature:
                Signature(image.SignatureOf((StandaloneSignatureHandle)handle));
                break;
            case HandleKind.MethodSpecification:
                var made = image.Reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                var arguments = image.ArgumentsOf(made);
                var called = image.MemberOf(made.Method);
                Use(image, called, code);
                Signature(arguments);
                Arguments(arguments, called.Definition.IsNil && CodeReflection.LooksInside(called), CodeReflection.Makes(called));
                break;
            default:
                Use(image, image.MemberOf(handle), code);
                break;
        }
    }

    private void Use(CodeImage image, CodeMember member, ILOpCode code)
    {
        Member(member);
        Arguments(member.Owner, looksInside: false, CodeReflection.Makes(member));
        if (member.Definition.IsNil)
        {
            if (CodeReflection.FindsByName(member))
                Reach(image, CodePartKind.Assembly, EntityHandle.AssemblyDefinition);
            if (CodeReflection.ReadsResources(member))
                Reach(image, CodePartKind.Resources, EntityHandle.AssemblyDefinition);
            // An assembly that was built against another build of this one: nothing says what is called.
            if (member.Type?.Image is { } unknown)
                Reach(unknown, CodePartKind.Assembly, EntityHandle.AssemblyDefinition);
            return;
        }
        var home = member.Type!.Image!;
        if (code == ILOpCode.Newobj && !member.Type.Generated)
            Reach(home, CodePartKind.Made, member.Type.Handle);
        if (member.Generated)
            return;
        if (!member.IsField)
            Reach(home, CodePartKind.Method, member.Definition);
        else if ((home.Reader.GetFieldDefinition((FieldDefinitionHandle)member.Definition).Attributes & FieldAttributes.Static) != 0)
            Reach(home, CodePartKind.Static, member.Definition);
    }

    /// <summary>What a generic method or type is made with: a serializer goes over its members, some make one of it, and static members are asked of it.</summary>
    private void Arguments(CodeSignature made, bool looksInside, bool makes)
    {
        foreach (var type in made.Types.Where(t => t.Argument && t.Type.Image is not null && !t.Type.Generated).Select(t => t.Type))
        {
            if (looksInside)
                Reach(type.Image!, CodePartKind.Whole, type.Handle);
            else if (makes || AnswersItself(type))
                Reach(type.Image!, CodePartKind.Made, type.Handle);
            var reader = type.Image!.Reader;
            if (makes)
                foreach (var constructor in type.Definition.GetMethods().Where(m => reader.StringComparer.Equals(reader.GetMethodDefinition(m).Name, ".ctor") && reader.GetMethodDefinition(m).GetParameters().Count == 0))
                    Reach(type.Image, CodePartKind.Method, constructor);
        }
    }

    /// <summary>It implements static members of an interface.</summary>
    private static bool AnswersItself(CodeType type)
    {
        var reader = type.Image!.Reader;
        return type.Definition.GetMethodImplementations().Select(i => reader.GetMethodImplementation(i).MethodBody)
            .Any(b => b.Kind == HandleKind.MethodDefinition && (reader.GetMethodDefinition((MethodDefinitionHandle)b).Attributes & MethodAttributes.Static) != 0);
    }

    /// <summary>A member by name, or, where the compiler named it, by number, and once what it says.</summary>
    private void Member(CodeMember member)
    {
        Signature(member.Owner);
        if (!member.Generated)
        {
            text.Add(member.Name);
            Signature(member.Signature);
            return;
        }
        var image = member.Type!.Image!;
        if (Number((image, member.Definition)))
            within.Enqueue(() =>
            {
                if (member.IsField)
                    Static(image, member, named: false);
                else
                    Method(image, (MethodDefinitionHandle)member.Definition, named: false);
            });
        // An anonymous type's properties go by their names.
        if (!member.IsField && !member.Name.StartsWith('<'))
            text.Add(member.Name);
    }

    /// <summary>Writes a thing's number; whether it is new.</summary>
    private bool Number(object thing)
    {
        var fresh = numbered.TryAdd(thing, numbered.Count);
        text.Add(numbered[thing]);
        return fresh;
    }

    private void Signature(CodeSignature signature)
    {
        text.Add(signature.Text);
        foreach (var (type, _) in signature.Types)
        {
            if (type.Generated)
            {
                if (Number(type))
                    within.Enqueue(() => Written(type));
                continue;
            }
            text.Add(type.Name);
            if (type.Image is not null && type.IsValue)
                Reach(type.Image, CodePartKind.Made, type.Handle);
            else if (type.Package is not null)
                reached.Add(graph.Part(type.Package, CodePartKind.Package, 0));
        }
    }

    /// <summary>A type of the compiler's: what is called of it by others, such as a state machine's steps.</summary>
    private void Written(CodeType type)
    {
        if (type.Image is not { } image)
            return;
        foreach (var method in Overrides(type).OrderBy(m => image.Reader.GetString(image.Reader.GetMethodDefinition(m).Name), StringComparer.Ordinal))
            Member(image.MemberOf(method));
        if (type.Base is { Generated: false } parent)
            Reach(parent.Image!, CodePartKind.Made, parent.Handle);
    }

    private void Static(CodeImage image, CodeMember member, bool named)
    {
        var field = image.Reader.GetFieldDefinition((FieldDefinitionHandle)member.Definition);
        if (named)
            Member(member);
        else
            Signature(member.Signature);
        if (field.GetRelativeVirtualAddress() is > 0 and var address)
            text.Add(CodeNative.Data(image, address, field));
        if ((field.Attributes & FieldAttributes.Static) == 0 || (field.Attributes & FieldAttributes.Literal) != 0)
            return;
        var type = member.Type!;
        if (type.Initializer.IsNil)
            return;
        if (!type.InitializesFieldByField)
        {
            if (!type.Generated)
                Reach(image, CodePartKind.Method, type.Initializer);
            else
                Member(image.MemberOf(type.Initializer));
        }
        else if (type.Slices!.TryGetValue(MetadataTokens.GetRowNumber(member.Definition), out var slice))
        {
            var body = image.Pe.GetMethodBody(image.Reader.GetMethodDefinition(type.Initializer).RelativeVirtualAddress);
            Code(image, body, slice.Start, slice.End, image.LocalsOf(body.LocalSignature));
        }
    }

    private void Made(CodeType type)
    {
        var (image, definition) = (type.Image!, type.Definition);
        text.Add(type.Name);
        text.Add((int)(definition.Attributes & (TypeAttributes.LayoutMask | TypeAttributes.Interface)));
        var layout = definition.GetLayout();
        text.Add(layout.IsDefault ? 0 : layout.PackingSize);
        text.Add(layout.IsDefault ? 0 : layout.Size);
        if (!definition.BaseType.IsNil)
            Signature(image.SignatureOf(definition.BaseType));
        if (type.Base is { } parent)
            Reach(parent.Image!, CodePartKind.Made, parent.Handle);
        foreach (var contract in definition.GetInterfaceImplementations().Select(i => image.Reader.GetInterfaceImplementation(i).Interface))
        {
            Signature(image.SignatureOf(contract));
            if (image.TypeOf(contract) is { Image: { } home } face)
                Reach(home, CodePartKind.Made, face.Handle);
        }
        foreach (var handle in definition.GetFields())
        {
            var field = image.Reader.GetFieldDefinition(handle);
            var isStatic = (field.Attributes & FieldAttributes.Static) != 0;
            if (isStatic && !type.IsEnum)
                continue;
            text.Add(image.Reader.GetString(field.Name));
            Signature(image.SignatureOf(field));
            text.Add(field.GetOffset());
            if (isStatic)
                text.Add(image.Reader.GetBlobBytes(image.Reader.GetConstant(field.GetDefaultValue()).Value));
        }
        foreach (var method in Overrides(type))
            Reach(image, CodePartKind.Method, method);
        Attributes(image, definition.GetCustomAttributes());
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

    private void Whole(CodeType type)
    {
        var (image, definition) = (type.Image!, type.Definition);
        text.Add(type.Name);
        Reach(image, CodePartKind.Made, type.Handle);
        foreach (var method in definition.GetMethods())
            Reach(image, CodePartKind.Method, method);
        foreach (var handle in definition.GetFields())
        {
            var field = image.Reader.GetFieldDefinition(handle);
            text.Add(image.Reader.GetString(field.Name));
            Attributes(image, field.GetCustomAttributes());
            if (!type.IsEnum && (field.Attributes & FieldAttributes.Static) != 0)
                Reach(image, CodePartKind.Static, handle);
            foreach (var mention in image.SignatureOf(field).Types.Where(t => t.Type.Image is not null && !t.Type.Generated))
                Reach(mention.Type.Image!, CodePartKind.Whole, mention.Type.Handle);
        }
        foreach (var handle in definition.GetProperties())
        {
            var property = image.Reader.GetPropertyDefinition(handle);
            text.Add(image.Reader.GetString(property.Name));
            Attributes(image, property.GetCustomAttributes());
        }
    }

    private void Attributes(CodeImage image, CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes.Select(image.Reader.GetCustomAttribute))
        {
            var member = image.MemberOf(attribute.Constructor);
            if (member.Owner.Root is not { } type || CodeReflection.ForPeople(type.Name))
                continue;
            text.Add(type.Name);
            text.Add(image.Reader.GetBlobBytes(attribute.Value));
        }
    }

    private void Resources(CodeImage image)
    {
        foreach (var resource in image.Reader.ManifestResources.Select(image.Reader.GetManifestResource).OrderBy(r => image.Reader.GetString(r.Name), StringComparer.Ordinal))
        {
            text.Add(image.Reader.GetString(resource.Name));
            if (resource.Implementation.IsNil)
                text.Add(CodeNative.Resource(image, resource));
        }
    }
}
