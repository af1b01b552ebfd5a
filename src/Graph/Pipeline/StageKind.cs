using System.Reflection;
using System.Runtime.ExceptionServices;

namespace DataflowRlhf.Graph;

/// <summary>A registered stage: its name in YAML, its options and how to make one.</summary>
public sealed class StageKind
{
    private readonly ConstructorInfo constructor;

    /// <exception cref="StageException">The class cannot stand in a pipeline; the message says what it lacks.</exception>
    internal StageKind(Type type, StageAttribute attribute)
    {
        Type = type;
        Name = attribute.Name;
        Summary = attribute.Summary;
        Example = type.GetCustomAttribute<ExampleAttribute>();
        if (!Kebab.Is(Name))
            throw new StageException($"stage {type.FullName}: '{Name}' is no name for a stage. A name is small letters, digits and dashes: [Stage(\"{Kebab.Of(type.Name)}\", …)]");
        if (type.IsAbstract || !typeof(Stage).IsAssignableFrom(type))
            throw new StageException($"stage {type.FullName} is {(type.IsAbstract ? "abstract" : "no Stage")}. Write: public sealed class {type.Name} : Stage, or : RowStage");
        OptionsType = type.GetNestedType("Options")
            ?? throw new StageException($"stage {type.FullName} has no nested public record 'Options'. Write in it: public sealed record Options;");
        if (OptionsType.IsAbstract || OptionsType.GetConstructor(Type.EmptyTypes) is null)
            throw new StageException($"stage {type.FullName}: its Options cannot be made without arguments. Write properties: public int Rows {{ get; init; }} = 10;");
        constructor = type.GetConstructor([OptionsType])
            ?? throw new StageException($"stage {type.FullName} has no public constructor that takes its Options. Write: public sealed class {type.Name}({type.Name}.Options options) : …");
        Options = [.. Settable(OptionsType).SelectMany(p => p.IsDefined(typeof(OptionGroupAttribute)) ? Settable(p.PropertyType).Select(o => new StageOption(o, p)) : [new StageOption(p)])];
    }

    public Type Type { get; }
    public string Name { get; }
    public string Summary { get; }
    public Type OptionsType { get; }
    public IReadOnlyList<StageOption> Options { get; }

    /// <summary>A small pipeline that uses it; null: it has none.</summary>
    public ExampleAttribute? Example { get; }

    /// <summary>The path of the user's assembly that it is from; null: it ships with the program.</summary>
    public string? Plugin { get; internal init; }

    /// <summary>What stands between the engine and a stage; the contract suite looks on from there.</summary>
    internal Func<Stage, Stage> Around { get; private init; } = stage => stage;

    private static IEnumerable<PropertyInfo> Settable(Type options) =>
        options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0 && p.SetMethod is not null);

    /// <summary>A new blueprint with these options.</summary>
    /// <exception cref="OptionException">The options cannot be.</exception>
    /// <exception cref="StageException">A plugin's stage fails while it is made or asked for its ports.</exception>
    public Stage Create(object options)
    {
        try
        {
            var stage = (Stage)constructor.Invoke([options]);
            if (Plugin is not null)
                _ = stage.Ports;
            return Around(stage);
        }
        catch (TargetInvocationException thrown) when (thrown.InnerException is OptionException or StageException || (thrown.InnerException is not null && Plugin is null))
        {
            ExceptionDispatchInfo.Throw(thrown.InnerException);
            throw;
        }
        catch (Exception broken) when (Plugin is not null && broken is not (OptionException or StageException))
        {
            var cause = broken is TargetInvocationException { InnerException: { } inner } ? inner : broken;
            throw new StageException($"'{Name}' of {Path.GetFileName(Plugin)} fails while it is made: {cause.GetType().Name}: {cause.Message.Split('\n')[0].Trim()}", cause);
        }
    }

    /// <summary>The ports that it has with these options; null where it cannot be made with them.</summary>
    internal StagePorts? Ports(object options)
    {
        try
        {
            return Create(options).Ports;
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>The same stage with something around each that is made.</summary>
    internal StageKind With(Func<Stage, Stage> around) => new(Type, new StageAttribute(Name, Summary)) { Plugin = Plugin, Around = around };
}
