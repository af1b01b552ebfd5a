namespace DataflowRlhf.Learning.Models;

/// <summary>A model folder that cannot be used: says which file, what is wrong and what is supported.</summary>
public sealed class ModelFolderException(string message, Exception? cause = null) : Exception(message, cause);
