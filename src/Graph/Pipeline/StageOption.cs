using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace DataflowRlhf.Graph;

/// <summary>One option of a stage: a property of its Options record under its YAML name.</summary>
public sealed class StageOption
{
    internal StageOption(PropertyInfo property)
    {
        Property = property;
        Name = Kebab.Of(property.Name);
        Summary = property.GetCustomAttribute<OptionAttribute>()?.Summary ?? "";
        Range = property.GetCustomAttribute<RangeAttribute>();
        Required = property.GetCustomAttribute<RequiredMemberAttribute>() is not null;
        PerformanceOnly = property.GetCustomAttribute<PerformanceOnlyAttribute>() is not null;
        InputPath = property.GetCustomAttribute<InputPathAttribute>() is not null;
    }

    public PropertyInfo Property { get; }
    public string Name { get; }
    public string Summary { get; }
    public RangeAttribute? Range { get; }
    public bool Required { get; }

    /// <summary>Stays out of the cache key.</summary>
    public bool PerformanceOnly { get; }

    /// <summary>Names files whose content is part of the cache key.</summary>
    public bool InputPath { get; }
}
