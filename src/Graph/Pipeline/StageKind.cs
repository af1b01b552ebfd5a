using System.Reflection;

namespace DataflowRlhf.Graph;

/// <summary>A registered stage: its name in YAML, its options and how to make one.</summary>
public sealed class StageKind
{
    private readonly ConstructorInfo constructor;

    internal StageKind(Type type, StageAttribute attribute)
    {
        Type = type;
        Name = attribute.Name;
        Summary = attribute.Summary;
        OptionsType = type.GetNestedType("Options")
            ?? throw new InvalidOperationException($"Stage {type.FullName} has no nested record 'Options'.");
        constructor = type.GetConstructor([OptionsType])
            ?? throw new InvalidOperationException($"Stage {type.FullName} has no public constructor that takes its Options.");
        Options = [.. OptionsType.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.GetIndexParameters().Length == 0 && p.SetMethod is not null)
            .Select(p => new StageOption(p))];
    }

    public Type Type { get; }
    public string Name { get; }
    public string Summary { get; }
    public Type OptionsType { get; }
    public IReadOnlyList<StageOption> Options { get; }

    /// <summary>A new blueprint with these options.</summary>
    /// <exception cref="OptionException">The options cannot be.</exception>
    public Stage Create(object options)
    {
        try
        {
            return (Stage)constructor.Invoke([options]);
        }
        catch (TargetInvocationException thrown) when (thrown.InnerException is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown.InnerException);
            throw;
        }
    }
}
