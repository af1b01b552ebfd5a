namespace TorchSharp.Utils;

/// <summary>Renames a field's component.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ComponentNameAttribute : Attribute
{
    public string? Name { get; set; }
}
