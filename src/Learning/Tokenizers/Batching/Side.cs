namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>An end of a text.</summary>
public enum Side
{
    /// <summary>The beginning.</summary>
    Left,

    /// <summary>The end.</summary>
    Right,
}
