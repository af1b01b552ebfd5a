using System.Diagnostics;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Tests.Hostile;

/// <summary>Reads a damaged file as a run would: it may succeed or say clearly what is wrong, in bounded time and memory; nothing else.</summary>
internal static class Trial
{
    private const long MostBytes = 512L << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <returns>The message, or null where it could be read all the same.</returns>
    public static string? Run(string what, Func<Task> read)
    {
        var before = GC.GetTotalAllocatedBytes();
        var clock = Stopwatch.StartNew();
        string? message = null;
        var work = Task.Run(async () =>
        {
            try
            {
                await read();
            }
            catch (Exception problem) when (problem is StageException or OptionException || Failures.SpeakClearly(problem))
            {
                message = problem.Message;
            }
        });
        work.ContinueWith(_ => { }, TaskScheduler.Default).Wait(Longest).Should().BeTrue($"{what} must not wait for ever");
        work.Exception?.InnerException.Should().BeNull($"{what} must be said clearly");
        (GC.GetTotalAllocatedBytes() - before).Should().BeLessThan(MostBytes, $"{what} must not allocate what it merely claims");
        message?.Length.Should().BeInRange(10, 5_000, what);
        message?.Should().NotContain("   at ", what);
        return message;
    }
}
