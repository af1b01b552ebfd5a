using System.Diagnostics;
using System.Runtime.InteropServices;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Learning.Weights;

namespace DataflowRlhf.Learning.Tests.Training;

/// <summary>A process that native code ends, as a broken driver does: nothing of .NET runs any more, and the next process goes on.</summary>
public sealed partial class NativeCrashTests : IDisposable
{
    private const string Folder = "CRASH_FOLDER", At = "CRASH_AT";
    private readonly string folder = Directory.CreateTempSubdirectory("crash-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_next_process_goes_on_to_the_same_bytes()
    {
        var weights = Path.Combine(folder, "weights.safetensors");
        (await Child(at: 5)).Should().Be(134, "SIGABRT ended it");
        File.Exists(weights).Should().BeFalse();
        Directory.GetFiles(Path.Combine(folder, "checkpoints")).Should().ContainSingle().Which.Should().Contain("step-000000004");
        (await Child(at: 0)).Should().Be(0);
        var resumed = await File.ReadAllBytesAsync(weights, TestContext.Current.CancellationToken);
        Directory.Delete(Path.Combine(folder, "checkpoints"), recursive: true);
        Train(folder, at: 0);
        resumed.Should().Equal(await File.ReadAllBytesAsync(weights, TestContext.Current.CancellationToken));
    }

    /// <summary>What the child processes run; by itself it trains a little.</summary>
    [Fact]
    public void Trains()
    {
        Train(Environment.GetEnvironmentVariable(Folder) ?? folder, int.TryParse(Environment.GetEnvironmentVariable(At), out var at) ? at : 0);
        File.Exists(Path.Combine(Environment.GetEnvironmentVariable(Folder) ?? folder, "weights.safetensors")).Should().BeTrue();
    }

    private static void Train(string folder, int at)
    {
        using var model = Tiny.Reward();
        var trainer = Tiny.Trainer(model, Tiny.Pairs(40), new() { Dropout = 0.1 });
        new TrainingLoop(trainer, Tiny.Settings(batch: 5) with { CheckpointFolder = Path.Combine(folder, "checkpoints"), CheckpointEvery = 4 })
        {
            OnStep = (done, _) => { if (done == at) Abort(); },
        }.Run();
        SafetensorsWriter.Write(Path.Combine(folder, "weights.safetensors"), trainer.Parameters.Select(p => (p.Name, (TorchSharp.torch.Tensor)p.Parameter)), null);
    }

    private async Task<int> Child(int at)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(NativeCrashTests).Assembly.Location, "-noLogo", "-noColor", "-method", $"{typeof(NativeCrashTests).FullName}.{nameof(Trains)}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [Folder] = folder, [At] = at.ToString(System.Globalization.CultureInfo.InvariantCulture), ["DOTNET_DbgEnableMiniDump"] = "0" },
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await errors;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    [LibraryImport("libc", EntryPoint = "abort")]
    private static partial void Abort();
}
