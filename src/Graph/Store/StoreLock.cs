namespace DataflowRlhf.Graph;

/// <summary>A lock that its process cannot outlive: an open file that nobody else may open.</summary>
internal sealed class StoreLock : IDisposable
{
    private const int InUse = 11; // Linux's EWOULDBLOCK; elsewhere the file itself tells
    private readonly FileStream held;

    private StoreLock(FileStream held) => this.held = held;

    /// <summary>The lock, or null while another has it.</summary>
    public static StoreLock? TryTake(string file)
    {
        try
        {
            return new StoreLock(new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException taken) when (IsTaken(taken, file))
        {
            return null;
        }
    }

    /// <summary>Whether a file could not be opened because another has it, rather than for want of a folder or of rights.</summary>
    public static bool IsTaken(IOException problem, string file) => problem.HResult == InUse || File.Exists(file);

    public void Dispose() => held.Dispose();
}
