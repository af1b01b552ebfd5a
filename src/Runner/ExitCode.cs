namespace DataflowRlhf.Runner;

/// <summary>What the program's end says to a script.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int StageFailed = 1;
    public const int Wrong = 2;
    public const int Interrupted = 130;
}
