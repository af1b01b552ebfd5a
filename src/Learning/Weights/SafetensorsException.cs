namespace DataflowRlhf.Learning.Weights;

/// <summary>A safetensors file that cannot be read as one: says which, where and what is wrong.</summary>
public sealed class SafetensorsException(string path, string problem, Exception? cause = null) : Exception($"{path}: {problem}", cause)
{
    public string Path { get; } = path;
}
