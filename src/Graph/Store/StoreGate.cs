namespace DataflowRlhf.Graph;

/// <summary>
/// Through this door goes whoever says that he uses an artifact, and whoever takes one away: many of the first side by side, or one of the second.
/// It is held for the time of a rename, and its process cannot outlive it.
/// </summary>
internal static class StoreGate
{
    /// <summary>Waits for those who take away; then none of them acts until the end of it.</summary>
    public static IDisposable Share(string store) => Enter(store, FileAccess.Read, FileShare.Read);

    /// <summary>Waits for all others; then none of them acts until the end of it.</summary>
    public static IDisposable Close(string store) => Enter(store, FileAccess.ReadWrite, FileShare.None);

    private static FileStream Enter(string store, FileAccess access, FileShare share)
    {
        var file = Path.Combine(store, "locks", "gate");
        FileStream? held = null;
        SpinWait.SpinUntil(() =>
        {
            try
            {
                held = new FileStream(file, FileMode.OpenOrCreate, access, share);
                return true;
            }
            catch (IOException taken) when (StoreLock.IsTaken(taken, file))
            {
                return false;
            }
        });
        return held!;
    }
}
