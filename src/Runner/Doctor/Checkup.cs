using System.Reflection;
using System.Runtime.InteropServices;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;
using DataflowRlhf.Stages;
using TorchSharp;

namespace DataflowRlhf.Runner.Doctor;

/// <summary>Looks at all that a run needs of the machine and the store; changes nothing.</summary>
internal static class Checkup
{
    private static readonly byte[] IndexHead = "SQLite format 3\0"u8.ToArray();
    private const long Gigabyte = 1_000_000_000;

    public static IEnumerable<Finding> Of(string store) =>
        [Program(), .. Packages(), .. Torch(), Memory(), Disk(store), .. Store(store)];

    /// <summary>The product's packages, each with its version, or the stand-in that is there for it.</summary>
    public static IEnumerable<Finding> Packages() => new[] { "TorchSharp", "Parquet", "Microsoft.ML.Tokenizers" }.Select(Package);

    private static Finding Program() => new(
        "program", $"rlhf {Version(typeof(Checkup).Assembly)}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}");

    /// <summary>A stand-in is built with the program and has its version, which no real package has.</summary>
    private static Finding Package(string name)
    {
        try
        {
            var version = Version(Assembly.Load(name));
            return new Finding("package", version == Version(typeof(Checkup).Assembly) ? $"{name}: the stand-in of compat/" : $"{name} {version}");
        }
        catch (Exception missing) when (missing is IOException or BadImageFormatException)
        {
            return new Finding("package", $"{name} cannot be loaded: {missing.Message}", "build again: ./rlhf build") { Broken = true };
        }
    }

    internal static string Version(Assembly assembly) =>
        (assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? assembly.GetName().Version!.ToString()).Split('+')[0];

    /// <summary>Anything that goes wrong here is what this line is for.</summary>
    private static List<Finding> Torch()
    {
        try
        {
            var found = new List<Finding> { new("libtorch", torch.__version__) };
            var gpus = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
            found.Add(new Finding(
                "devices", gpus > 0 ? $"cpu and {gpus} cuda" : Devices.HasDriver() ? "cpu; there is a GPU's driver here, and this libtorch finds no GPU" : "cpu",
                gpus == 0 && Devices.HasDriver() ? "build for it: ./rlhf --cuda build, or name a PyTorch with CUDA in TORCH_DIR" : null));
            found.Add(Threads(torch.get_num_threads(), Environment.ProcessorCount));
            return found;
        }
        catch (Exception broken)
        {
            var cause = broken is TypeInitializationException or TargetInvocationException ? broken.InnerException ?? broken : broken;
            return [new Finding("libtorch", $"cannot be loaded: {cause.Message.Split('\n')[0]}", "build again: ./rlhf build; it says what is missing") { Broken = true }];
        }
    }

    internal static Finding Threads(int threads, int cores) => new(
        "threads", $"{threads} of libtorch, {cores} cores",
        threads > cores ? $"more threads than cores wait for each other: OMP_NUM_THREADS={cores}"
        : threads < cores / 2 ? $"cores stay idle while training: OMP_NUM_THREADS={cores}" : null);

    private static Finding Memory() => Memory(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, Available());

    /// <param name="total">Bytes that the program may use.</param>
    /// <param name="free">Of them, free now; null: not known.</param>
    internal static Finding Memory(long total, long? free) => new(
        "memory", $"{Outlook.Size(total)}{(free is { } f ? $", {Outlook.Size(f)} free" : "")}",
        Math.Min(total, free ?? total) < 2 * Gigabyte ? "little for training: see rlhf plan for what each stage takes; smaller tokens-per-pass, recompute: true" : null);

    /// <summary>Bytes that Linux could give a program now; null elsewhere.</summary>
    private static long? Available()
    {
        const string Told = "/proc/meminfo";
        if (!File.Exists(Told) || File.ReadLines(Told).FirstOrDefault(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal)) is not { } line)
            return null;
        return long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], out var kibibytes) ? kibibytes << 10 : null;
    }

    private static Finding Disk(string store)
    {
        try
        {
            return Disk(store, new DriveInfo(Nearest(store)).AvailableFreeSpace);
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new Finding("disk", $"the space at '{store}' is not known: {unknown.Message}", "name another folder: --store DIR");
        }
    }

    internal static Finding Disk(string store, long free) => new(
        "disk", $"{Outlook.Size(free)} free at {store}", free < Gigabyte ? "little for models: name a folder on another disk: --store DIR, or set RLHF_STORE" : null);

    /// <summary>The folder, or the first above it that is there.</summary>
    private static string Nearest(string store)
    {
        var folder = Path.GetFullPath(store);
        while (!Directory.Exists(folder))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    private static List<Finding> Store(string store)
    {
        try
        {
            if (string.IsNullOrWhiteSpace(store) || File.Exists(store))
                return [new Finding("store", $"'{store}' is no folder", "name a folder: --store DIR")];
            var folder = Nearest(store);
            if (!Access.MayWrite(folder))
                return [new Finding("store", $"{folder} may not be written", "take the rights of its owner, or name another folder: --store DIR")];
            if (!Directory.Exists(store))
                return [new Finding("store", $"{store} is not there yet; the first run makes it")];
            if (!Directory.EnumerateFileSystemEntries(store).Any())
                return [new Finding("store", $"{store} is an empty folder; the first run makes a store of it")];
            return [.. Store(store, StoreState.Of(store)), .. Index(Path.Combine(store, "index.sqlite"))];
        }
        catch (Exception closed) when (closed is StageException or IOException or UnauthorizedAccessException)
        {
            return [new Finding("store", $"{store}: {closed.Message}", "name another folder: --store DIR")];
        }
    }

    /// <summary>Whether the index may be written, as every run does; it is opened and left as it is.</summary>
    private static IEnumerable<Finding> Index(string file)
    {
        if (!File.Exists(file))
            return [];
        try
        {
            using var opened = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            var head = new byte[IndexHead.Length];
            return opened.Length == 0 || (opened.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.AsSpan().SequenceEqual(IndexHead))
                ? [] : [new Finding("store", $"{file} is no index of artifacts", "delete it: it is made anew from the artifacts")];
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return [new Finding("store", $"{file} may not be written: {closed.Message}", "take the rights of its owner, or name another folder: --store DIR")];
        }
    }

    internal static List<Finding> Store(string store, StoreState state)
    {
        var found = new List<Finding>
        {
            new("store", $"{store}: {Told.Count(state.Artifacts, "artifact")}, {Outlook.Size(state.Bytes)}; {Told.Count(state.Checkpoints, "checkpoint")}, {Outlook.Size(state.CheckpointBytes)}{(state.Running > 0 ? $"; in use by {state.Running}" : "")}"),
        };
        if (state.Unreadable > 0)
            found.Add(new Finding("store", $"{state.Unreadable:N0} folders without a record that can be read", "see which: rlhf verify"));
        if (state.Leftovers > 0)
            found.Add(new Finding("store", $"{state.Leftovers:N0} folders that killed runs left; the next run clears them away"));
        return found;
    }
}
