using System.Net.Sockets;

namespace DataflowRlhf.Graph;

/// <summary>Which failures another attempt may not meet again: the network's, a disk's, a time-out. Not what is wrong with the rows, the options or the code.</summary>
internal static class SecondChance
{
    public static bool Has(Exception cause)
    {
        while (cause is AggregateException { InnerExceptions.Count: > 0 } nested)
            cause = nested.InnerExceptions[0];
        return cause switch
        {
            StageException told => told.MaySucceedAgain,
            FileNotFoundException or DirectoryNotFoundException or PathTooLongException => false,
            IOException disk => !FailureText.IsFull(disk),
            HttpRequestException { StatusCode: { } refused } => MayPass((int)refused),
            HttpRequestException or SocketException or TimeoutException => true,
            _ => false,
        };
    }

    /// <summary>Whether a server's refusal is about this moment (408, 425, 429, what is wrong with the server) rather than about what was asked.</summary>
    private static bool MayPass(int status) => status is 408 or 425 or 429 or >= 500;
}
