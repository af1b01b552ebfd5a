using System.Reflection;
using DataflowRlhf.Graph;
using TorchSharp;

namespace DataflowRlhf.Stages;

/// <summary>Where tensors can live on this machine.</summary>
public static class Devices
{
    /// <summary>The device that a person's word means.</summary>
    /// <param name="asked"><c>auto</c> (the first GPU if there is one), <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</param>
    /// <exception cref="StageException">There is no such device.</exception>
    public static string Choose(string asked)
    {
        if (asked == "cpu" || (asked == "auto" && !HasDriver()))
            return "cpu";
        var count = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        if (asked == "auto")
            return count > 0 ? "cuda:0" : "cpu";
        var index = asked == "cuda" ? 0 : asked.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(asked.AsSpan(5), out var given) && given >= 0 ? given : -1;
        if (index < 0)
            throw new StageException($"'{asked}' is no device (auto, cpu, cuda, cuda:1).");
        if (index >= count)
            throw new StageException($"there is no {asked} here: {(count == 0 ? "libtorch finds no GPU" : $"libtorch finds {count}, counted from 0")}.  write: --device cpu");
        return $"cuda:{index}";
    }

    /// <summary>Bytes of memory that the device has; null where it does not say.</summary>
    /// <param name="device">As <see cref="Choose"/> gives it.</param>
    public static long? Memory(string device) => device == "cpu" ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes : null;

    /// <summary>The libraries that compute with tensors, with their versions, without loading them.</summary>
    public static IReadOnlyDictionary<string, string> Libraries()
    {
        var assembly = typeof(torch).Assembly;
        // The package is made for one libtorch, so that its own version says which.
        return assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(m => m.Key == "libtorch")?.Value is { } version
            ? new Dictionary<string, string> { ["libtorch"] = version }
            : new Dictionary<string, string> { ["TorchSharp"] = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0] };
    }

    /// <summary>Whether there may be a GPU: asking libtorch takes a second, and a machine without the driver needs no asking.</summary>
    public static bool HasDriver() => !OperatingSystem.IsLinux() || File.Exists("/dev/nvidiactl");
}
