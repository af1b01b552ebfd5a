using System.CommandLine;
using DataflowRlhf.Runner.Doctor;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf doctor</c>: what a run needs of the machine and the store, and what is wrong with it.</summary>
internal static class DoctorCommand
{
    public static Command Make()
    {
        var store = Common.Store();
        var command = new Command("doctor", """
            Looks at versions, packages, devices, threads, memory, disk and store, and says what to do where something is amiss. Changes nothing.

              rlhf doctor --store /data/rlhf

              ok      threads   8 of libtorch, 8 cores
              warning disk      610 MB free at /data/rlhf
                                little for models: name a folder on another disk: --store DIR, or set RLHF_STORE

            Exit codes: 0 a run can begin (warnings do not count), 1 something that every run needs is broken.
            """)
        { store };
        command.SetAction(parsed =>
        {
            var broken = false;
            foreach (var finding in Checkup.Of(parsed.GetRequiredValue(store)))
            {
                broken |= finding.Broken;
                Console.WriteLine($"  {(finding.Broken ? "broken" : finding.Do is null ? "ok" : "warning"),-7} {finding.What,-9} {finding.Says}");
                if (finding.Do is { } advice)
                    Console.WriteLine($"{"",20}{advice}");
            }
            return broken ? ExitCode.StageFailed : ExitCode.Done;
        });
        return command;
    }
}
