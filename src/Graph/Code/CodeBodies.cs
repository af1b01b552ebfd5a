using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace DataflowRlhf.Graph;

/// <summary>Writes down what methods and static fields say: their code by what it names, the compiler's own numbers replaced.</summary>
internal sealed class CodeBodies(CodeNotes notes)
{
    /// <param name="named">Whether by its name: what the compiler named is told by what it says alone.</param>
    public void Method(CodeImage image, MethodDefinitionHandle handle, bool named)
    {
        var method = image.Reader.GetMethodDefinition(handle);
        var member = image.MemberOf(handle);
        notes.Add((int)(method.Attributes & (MethodAttributes.Static | MethodAttributes.Virtual | MethodAttributes.Abstract | MethodAttributes.NewSlot)));
        if (named)
            notes.Member(member);
        else
            notes.Signature(member.Signature);
        var type = member.Type!;
        var starts = (method.Attributes & MethodAttributes.Static) != 0 || member.Name == ".ctor";
        if (starts && !type.Generated && (type.Definition.Attributes & TypeAttributes.BeforeFieldInit) == 0 && type.Initializer is { IsNil: false } initializer && initializer != handle)
            notes.Reach(image, CodePartKind.Method, initializer);
        if ((method.Attributes & MethodAttributes.PinvokeImpl) != 0)
        {
            var import = method.GetImport();
            notes.Add(image.Reader.GetString(import.Name));
            var library = image.Reader.GetString(image.Reader.GetModuleReference(import.Module).Name);
            notes.Add(library);
            // A library of the system is known by its name alone.
            if (CodeNative.Find(image.Folder, library) is not null)
                notes.Reach(image, CodePartKind.Native, import.Module);
        }
        if (method.RelativeVirtualAddress == 0)
            return;
        var body = image.Pe.GetMethodBody(method.RelativeVirtualAddress);
        foreach (var local in image.LocalsOf(body.LocalSignature))
            notes.Signature(local);
        foreach (var region in body.ExceptionRegions)
        {
            foreach (var number in (int[])[(int)region.Kind, region.TryOffset, region.TryLength, region.HandlerOffset, region.HandlerLength, region.FilterOffset])
                notes.Add(number);
            if (!region.CatchType.IsNil)
                notes.Signature(image.SignatureOf(region.CatchType));
        }
        Code(image, body, 0, body.GetILReader().Length, []);
    }

    /// <inheritdoc cref="Method"/>
    public void Static(CodeImage image, CodeMember member, bool named)
    {
        var field = image.Reader.GetFieldDefinition((FieldDefinitionHandle)member.Definition);
        if (named)
            notes.Member(member);
        else
            notes.Signature(member.Signature);
        if (field.GetRelativeVirtualAddress() is > 0 and var address)
            notes.Add(CodeNative.Data(image, address, field));
        if ((field.Attributes & FieldAttributes.Static) == 0 || (field.Attributes & FieldAttributes.Literal) != 0)
            return;
        var type = member.Type!;
        if (type.Initializer.IsNil)
            return;
        if (!type.InitializesFieldByField)
        {
            if (!type.Generated)
                notes.Reach(image, CodePartKind.Method, type.Initializer);
            else
                notes.Member(image.MemberOf(type.Initializer));
        }
        else if (type.Slices!.TryGetValue(MetadataTokens.GetRowNumber(member.Definition), out var slice))
        {
            var body = image.Pe.GetMethodBody(image.Reader.GetMethodDefinition(type.Initializer).RelativeVirtualAddress);
            Code(image, body, slice.Start, slice.End, image.LocalsOf(body.LocalSignature));
        }
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
                notes.Add((int)Kind(step.Code));
                if (own.TryAdd(local, own.Count))
                    notes.Signature(locals[local]);
                notes.Add(own[local]);
            }
            else if (step.Token == 0)
            {
                notes.Add(bytes[step.Start..il.Offset]);
            }
            else
            {
                notes.Add((int)step.Code);
                if (step.Code == ILOpCode.Ldstr)
                    notes.Add(image.Reader.GetUserString((UserStringHandle)MetadataTokens.Handle(step.Token)));
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
                notes.Signature(type);
                // A cast makes nothing; all else that names a type may.
                if (code is not (ILOpCode.Castclass or ILOpCode.Isinst))
                    foreach (var mention in type.Types.Where(t => !t.Argument && t.Type.Image is not null && !t.Type.Generated))
                        notes.Reach(mention.Type.Image!, code == ILOpCode.Ldtoken ? CodePartKind.Whole : CodePartKind.Made, mention.Type.Handle);
                break;
            case HandleKind.StandaloneSignature:
                notes.Signature(image.SignatureOf((StandaloneSignatureHandle)handle));
                break;
            case HandleKind.MethodSpecification:
                var made = image.Reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                var arguments = image.ArgumentsOf(made);
                var called = image.MemberOf(made.Method);
                Use(image, called, code);
                notes.Signature(arguments);
                Arguments(arguments, called.Definition.IsNil && CodeReflection.LooksInside(called), CodeReflection.Makes(called));
                break;
            default:
                Use(image, image.MemberOf(handle), code);
                break;
        }
    }

    private void Use(CodeImage image, CodeMember member, ILOpCode code)
    {
        notes.Member(member);
        Arguments(member.Owner, looksInside: false, CodeReflection.Makes(member));
        if (member.Definition.IsNil)
        {
            if (CodeReflection.FindsByName(member))
                notes.Reach(image, CodePartKind.Assembly, EntityHandle.AssemblyDefinition);
            if (CodeReflection.ReadsResources(member))
                notes.Reach(image, CodePartKind.Resources, EntityHandle.AssemblyDefinition);
            // An assembly that was built against another build of this one: nothing says what is called.
            if (member.Type?.Image is { } unknown)
                notes.Reach(unknown, CodePartKind.Assembly, EntityHandle.AssemblyDefinition);
            return;
        }
        var home = member.Type!.Image!;
        if (code == ILOpCode.Newobj && !member.Type.Generated)
            notes.Reach(home, CodePartKind.Made, member.Type.Handle);
        if (member.Generated)
            return;
        if (!member.IsField)
            notes.Reach(home, CodePartKind.Method, member.Definition);
        else if ((home.Reader.GetFieldDefinition((FieldDefinitionHandle)member.Definition).Attributes & FieldAttributes.Static) != 0)
            notes.Reach(home, CodePartKind.Static, member.Definition);
    }

    /// <summary>What a generic method or type is made with: a serializer goes over its members, some make one of it, and static members are asked of it.</summary>
    private void Arguments(CodeSignature made, bool looksInside, bool makes)
    {
        foreach (var type in made.Types.Where(t => t.Argument && t.Type.Image is not null && !t.Type.Generated).Select(t => t.Type))
        {
            if (looksInside)
                notes.Reach(type.Image!, CodePartKind.Whole, type.Handle);
            else if (makes || AnswersItself(type))
                notes.Reach(type.Image!, CodePartKind.Made, type.Handle);
            var reader = type.Image!.Reader;
            if (makes)
                foreach (var constructor in type.Definition.GetMethods().Where(m => reader.StringComparer.Equals(reader.GetMethodDefinition(m).Name, ".ctor") && reader.GetMethodDefinition(m).GetParameters().Count == 0))
                    notes.Reach(type.Image, CodePartKind.Method, constructor);
        }
    }

    /// <summary>It implements static members of an interface.</summary>
    private static bool AnswersItself(CodeType type)
    {
        var reader = type.Image!.Reader;
        return type.Definition.GetMethodImplementations().Select(i => reader.GetMethodImplementation(i).MethodBody)
            .Any(b => b.Kind == HandleKind.MethodDefinition && (reader.GetMethodDefinition((MethodDefinitionHandle)b).Attributes & MethodAttributes.Static) != 0);
    }
}
