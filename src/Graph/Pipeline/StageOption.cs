using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>One option of a stage: a property of its Options record, or of a group in it, under its YAML name.</summary>
public sealed class StageOption
{
    private readonly PropertyInfo? group;

    internal StageOption(PropertyInfo property, PropertyInfo? group = null)
    {
        this.group = group;
        Property = property;
        Name = Kebab.Of(property.Name);
        Summary = property.GetCustomAttribute<OptionAttribute>()?.Summary ?? "";
        Range = property.GetCustomAttribute<RangeAttribute>();
        Required = property.GetCustomAttribute<RequiredMemberAttribute>() is not null;
        PerformanceOnly = property.GetCustomAttribute<PerformanceOnlyAttribute>() is not null;
        InputPath = property.GetCustomAttribute<InputPathAttribute>() is not null;
    }

    public PropertyInfo Property { get; }

    /// <summary>Its value in a stage's options.</summary>
    internal object? Get(object options) => Property.GetValue(Holder(options));

    internal void Set(object options, object? value) => Property.SetValue(Holder(options), value);

    private object Holder(object options) => group is null ? options : group.GetValue(options)!;

    public string Name { get; }
    public string Summary { get; }
    public RangeAttribute? Range { get; }

    /// <summary>What it takes, in words: <c>a whole number</c>, <c>one of flip, margin</c>.</summary>
    public string Takes => OptionReader.Describe(Property.PropertyType);

    /// <summary>The values that can be counted, as a file says them; none where they cannot.</summary>
    public IReadOnlyList<string> Choices
    {
        get
        {
            var type = Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType;
            return type == typeof(bool) ? ["true", "false"] : type.IsEnum ? [.. Enum.GetNames(type).Select(OptionReader.EnumName)] : [];
        }
    }

    /// <summary>Its default as JSON; null: none.</summary>
    public JsonNode? Default => Required ? null : OptionReader.ToJson(Property.GetValue(Activator.CreateInstance(Property.ReflectedType!)));
    public bool Required { get; }

    /// <summary>Stays out of the cache key.</summary>
    public bool PerformanceOnly { get; }

    /// <summary>Names files whose content is part of the cache key.</summary>
    public bool InputPath { get; }
}
