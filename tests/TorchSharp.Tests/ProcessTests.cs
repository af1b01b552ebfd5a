using System.Diagnostics;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class ProcessTests
{
    private static readonly int Asked = int.TryParse(Environment.GetEnvironmentVariable("OMP_NUM_THREADS"), out var set) ? set : Environment.ProcessorCount;

    [Fact]
    public void Threads_are_the_cores_unless_others_are_asked_for()
    {
        get_num_threads().Should().Be(Asked);
        try
        {
            set_num_threads(1);
            get_num_threads().Should().Be(1);
        }
        finally
        {
            set_num_threads(Asked);
        }
    }

    [Fact]
    public void Results_do_not_hang_on_the_number_of_threads()
    {
        manual_seed(4);
        using var scope = NewDisposeScope();
        var (a, b) = (randn(300, 200), randn(200, 100));
        var many = a.mm(b);
        try
        {
            set_num_threads(1);
            a.mm(b).allclose(many, 1e-5, 1e-4).Should().BeTrue();
        }
        finally
        {
            set_num_threads(Asked);
        }
    }

    /// <summary>What the child process below runs, too.</summary>
    [Fact]
    public void Multiplies_by_the_book()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Some.Counting(70, 40), Some.Counting(40, 30));
        var (left, right, product) = (a.Values(), b.Values(), a.mm(b).Values());
        for (var i = 0; i < 70; i++)
            for (var j = 0; j < 30; j++)
                product[(i * 30) + j].Should().Be(Enumerable.Range(0, 40).Sum(k => left[(i * 40) + k] * right[(k * 30) + j]));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("Haswell", "1")]
    public async Task Works_in_a_process_of_any_settings(string? core, string? threads)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ProcessTests).Assembly.Location, "-noLogo", "-noColor", "-method", $"{typeof(ProcessTests).FullName}.{nameof(Multiplies_by_the_book)}"])
        {
            RedirectStandardOutput = true,
        };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("OPENBLAS", StringComparison.Ordinal) || k.StartsWith("OMP_", StringComparison.Ordinal) || k.StartsWith("GOMP_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        if (core is not null)
            start.Environment["OPENBLAS_CORETYPE"] = core;
        if (threads is not null)
            start.Environment["OMP_NUM_THREADS"] = threads;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.Should().Be(0, output);
        output.Should().Contain("Total: 1,");
    }
}
