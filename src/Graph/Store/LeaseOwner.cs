using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary>Who has a lock: the content of its lease's file.</summary>
/// <param name="Host">The machine's name, for people.</param>
/// <param name="Boot">The machine since it was started, for programs.</param>
/// <param name="Space">Among which processes the number is one: containers count their own.</param>
/// <param name="Token">Tells this lease from all others.</param>
internal sealed record LeaseOwner(string Host, string Boot, string Space, int Pid, DateTimeOffset Since, string Token)
{
    private static readonly string ThisBoot = File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : Environment.MachineName;
    private static readonly string ThisSpace = File.Exists("/proc/self/ns/pid") ? new FileInfo("/proc/self/ns/pid").LinkTarget ?? "" : "";

    public static LeaseOwner Me(DateTimeOffset since) => new(Environment.MachineName, ThisBoot, ThisSpace, Environment.ProcessId, since, Guid.NewGuid().ToString("N"));

    /// <summary>Null where there is none, or where it was torn as its owner died.</summary>
    public static LeaseOwner? Read(string file)
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<LeaseOwner>(File.ReadAllText(file), StoredRecord.Json) : null;
        }
        catch (Exception gone) when (gone is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether its machine is this one, not started again since.</summary>
    public bool IsHere => Boot == ThisBoot;

    /// <summary>Whether its machine is this one, started again since: all that ran on it is gone.</summary>
    public bool WasHere => !IsHere && Host == Environment.MachineName;

    /// <summary>Whether its process is known to be gone; of other machines and containers nothing is known.</summary>
    public bool IsDead()
    {
        if (!IsHere || Space != ThisSpace)
            return false;
        try
        {
            using var process = Process.GetProcessById(Pid);
            return process.HasExited;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    public override string ToString() => $"pid {Pid} on {Host}, since {Since.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC";
}
