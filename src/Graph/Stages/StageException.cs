namespace DataflowRlhf.Graph;

/// <summary>Something a person can mend: the message says where, what was given, what was possible and what to write instead. It is shown without a stack trace.</summary>
public sealed class StageException : Exception
{
    public StageException(string message)
        : base(message)
    {
    }

    public StageException(string message, Exception cause)
        : base(message, cause)
    {
    }

    /// <summary>Whether another attempt may go better: the network, another program. A stage's <c>retry</c> tries only such again.</summary>
    public bool MaySucceedAgain { get; init; }
}
