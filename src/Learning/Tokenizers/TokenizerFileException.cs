namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>A tokenizer's files are missing, damaged, or say something that is not understood here. The message names the file and the construct.</summary>
public sealed class TokenizerFileException : Exception
{
    public TokenizerFileException(string message)
        : base(message)
    {
    }

    public TokenizerFileException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
