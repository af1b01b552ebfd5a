namespace DataflowRlhf.Graph;

/// <summary>Names a stage as YAML's <c>uses:</c> does, with one line on what it is for.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class StageAttribute(string name, string summary) : Attribute
{
    public string Name { get; } = name;
    public string Summary { get; } = summary;
}
