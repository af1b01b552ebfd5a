using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>A line every few seconds while bytes are read or written; nothing where it is quick.</summary>
internal sealed class ByteTicker(TimeProvider time, TextWriter to)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private long told = time.GetTimestamp();

    public void Tell(long done, long total) => Tell("", done, total);

    /// <param name="what">The file.</param>
    public void Tell(string what, long done, long total)
    {
        if (time.GetElapsedTime(told) < Pause)
            return;
        told = time.GetTimestamp();
        to.WriteLine($"  …       {(what.Length > 0 ? what + ": " : "")}{Outlook.Size(done)} of {Outlook.Size(total)}");
    }
}
