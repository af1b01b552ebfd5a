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
            HttpRequestException or SocketException or TimeoutException => true,
            _ => false,
        };
    }
}
