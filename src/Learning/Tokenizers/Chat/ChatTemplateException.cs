namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>A chat template does not take a conversation: it raised an exception itself, or came upon a value that it cannot work with.</summary>
/// <param name="where">File and line.</param>
/// <param name="reason">What the template says.</param>
public sealed class ChatTemplateException(string where, string reason) : Exception($"{where}: the chat template does not take this conversation: {reason}")
{
    /// <summary>What the template itself said, without the place.</summary>
    public string Reason { get; } = reason;
}
