using DataflowRlhf.Stages.Judging;

namespace DataflowRlhf.Stages.Tests.Judging;

/// <summary>A judge, a clock and a store for one test; the environment variables it needs have names of their own.</summary>
public sealed class JudgeBench : IDisposable
{
    public const string Key = "sk-Fantastic-9876543210-SeCrEt";
    private readonly string root = Directory.CreateTempSubdirectory("judge-").FullName;

    public JudgeBench()
    {
        KeyVariable = $"JUDGE_KEY_{Guid.NewGuid():N}";
        Environment.SetEnvironmentVariable(KeyVariable, Key);
    }

    public string KeyVariable { get; }

    public FakeClock Clock { get; } = new();

    /// <summary>The store's folder.</summary>
    public string Store => Path.Combine(root, "store");

    public string Answers => Path.Combine(Store, "answers");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(KeyVariable, null);
        Directory.Delete(root, recursive: true);
    }

    /// <summary>A run of a stage in the store.</summary>
    public TestStageRun Run(CancellationToken stopping = default) => new()
    {
        CheckpointFolder = Directory.CreateDirectory(Path.Combine(Store, "checkpoints", "key")).FullName,
        Store = Store,
        Stopping = stopping,
    };

    public JudgeOptions Options(string url) => new()
    {
        JudgeModel = "judge-1",
        BaseUrl = url,
        ApiKeyVariable = KeyVariable,
        JudgeTimeout = 7200,
        JudgeConcurrency = 1,
    };

    /// <summary>Judges pairs in a run of its own.</summary>
    internal async Task<PairVerdict[]> Judge(JudgeOptions options, params JudgedPair[] pairs)
    {
        using var run = Run();
        return await Judge(run, options, pairs);
    }

    internal async Task<PairVerdict[]> Judge(TestStageRun run, JudgeOptions options, params JudgedPair[] pairs)
    {
        using var judge = new LlmJudge(options, run, Clock);
        return await judge.JudgeAsync(pairs);
    }

    /// <summary>Pairs whose first response is the longer one, each of other words.</summary>
    internal static JudgedPair[] Pairs(int count) => [.. Enumerable.Range(0, count).Select(i => new JudgedPair($"prompt {i}", $"a longer answer {i}", $"short {i}"))];
}
