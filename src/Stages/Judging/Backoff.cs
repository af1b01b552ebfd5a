using DataflowRlhf.Graph;
using Polly;
using Polly.Retry;

namespace DataflowRlhf.Stages.Judging;

/// <summary>Repeats what failed in passing: 1 s, 2 s, 4 s … to 60 s, each between half and whole by a seeded draw; what the other side asks for comes first.</summary>
internal static class Backoff
{
    private const double Longest = 60;

    /// <summary>A pipeline for one question, with its own chance.</summary>
    public static ResiliencePipeline<ChatReply> Of(int retries, SeededRandom chance, TimeProvider time) => retries == 0
        ? ResiliencePipeline<ChatReply>.Empty
        : new ResiliencePipelineBuilder<ChatReply> { TimeProvider = time }.AddRetry(new RetryStrategyOptions<ChatReply>
        {
            MaxRetryAttempts = retries,
            ShouldHandle = new PredicateBuilder<ChatReply>().Handle<TransientFailure>(),
            DelayGenerator = failed => ValueTask.FromResult<TimeSpan?>(Wait(failed.AttemptNumber, (failed.Outcome.Exception as TransientFailure)?.After, chance.NextDouble())),
        }).Build();

    /// <summary>How long to wait before the next try. Retry-After is kept to, with up to a second more, so that not all come back at once.</summary>
    /// <param name="attempt">0 after the first failure.</param>
    /// <param name="after">What the other side asks for.</param>
    /// <param name="draw">Uniform in [0, 1).</param>
    public static TimeSpan Wait(int attempt, TimeSpan? after, double draw) => after is { } asked
        ? asked + TimeSpan.FromSeconds(draw)
        : TimeSpan.FromSeconds(Math.Min(Longest, Math.Pow(2, Math.Min(attempt, 30))) * (0.5 + (draw / 2)));
}
