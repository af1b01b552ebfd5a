namespace DataflowRlhf.Graph;

/// <summary>An option that changes how fast a stage is, never what it makes: it stays out of the cache key.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PerformanceOnlyAttribute : Attribute;

/// <summary>An option that names a file, a folder or a glob: it must exist when the file is checked, and its content is part of the cache key.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class InputPathAttribute : Attribute;

/// <summary>A record of options that several stages share: each of its properties is an option of the stage, as if it stood there.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionGroupAttribute : Attribute;

/// <summary>What an option is for, with its default as the last words: shown by <c>rlhf stages</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string summary) : Attribute
{
    public string Summary { get; } = summary;
}
