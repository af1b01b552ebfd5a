namespace DataflowRlhf.Runner.Export;

/// <summary>A bar on standard error that says how far something is; nothing where nobody looks.</summary>
internal sealed class Bar(string what, long total, TimeProvider time) : IDisposable
{
    private const int Width = 24;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private readonly long began = time.GetTimestamp();
    private readonly bool seen = !Console.IsErrorRedirected;
    private long told;
    private bool drawn;

    public void At(long done)
    {
        if (!seen || time.GetElapsedTime(told == 0 ? began : told) < Pause)
            return;
        told = time.GetTimestamp();
        drawn = true;
        var share = total > 0 ? Math.Clamp((double)done / total, 0, 1) : 0;
        var full = (int)(share * Width);
        var rate = done / Math.Max(0.001, time.GetElapsedTime(began).TotalSeconds);
        Console.Error.Write($"\r  {new string('━', full)}{new string('─', Width - full)}  {done:N0} of {total:N0} {what}, {rate:N0}/s ");
    }

    public void Dispose()
    {
        if (drawn)
            Console.Error.Write("\r" + new string(' ', 78) + "\r");
    }
}
