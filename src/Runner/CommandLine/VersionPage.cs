using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using DataflowRlhf.Runner.Doctor;

namespace DataflowRlhf.Runner.CommandLine;

/// <summary><c>rlhf --version</c>: the program's on the first line, for scripts; then what it runs on.</summary>
internal sealed class VersionPage : SynchronousCommandLineAction
{
    public static void AddTo(RootCommand root)
    {
        var version = root.Options.OfType<VersionOption>().Single();
        version.Action = new VersionPage();
        version.Description = "The versions of the program, of .NET and of the packages.";
    }

    public override int Invoke(ParseResult parsed)
    {
        Console.WriteLine($"rlhf {Checkup.Version(typeof(Checkup).Assembly)}");
        Console.WriteLine($"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
        foreach (var package in Checkup.Packages())
            Console.WriteLine(package.Says);
        return ExitCode.Done;
    }
}
