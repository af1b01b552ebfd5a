using System.ComponentModel.DataAnnotations;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Judging;

/// <summary>What every stage is told in which a language model judges. The key itself is no option: only the name of the variable that holds it.</summary>
public sealed record JudgeOptions
{
    internal const string UsualKeyVariable = "OPENAI_API_KEY";

    [Option("The model that an llm judge asks for, as its endpoint names it. Default: none; an llm judge needs one.")]
    public string? JudgeModel { get; init; }

    /// <summary>It decides the answers, so it is part of the cache key, as given or as the variable says; without a model nobody is asked.</summary>
    [Option("The OpenAI-compatible endpoint of an llm judge, such as https://api.openai.com/v1. Default: what base-url-variable holds.")]
    public string? BaseUrl { get => field ?? (JudgeModel is null ? null : FromEnvironment(BaseUrlVariable)); init; }

    [PerformanceOnly]
    [Option("The environment variable that names the endpoint. Default: OPENAI_BASE_URL.")]
    public string BaseUrlVariable { get; init; } = "OPENAI_BASE_URL";

    [PerformanceOnly]
    [Option("The environment variable that holds the key; never the key itself. Unset: no key is sent. Default: OPENAI_API_KEY.")]
    public string ApiKeyVariable { get; init; } = UsualKeyVariable;

    [Option("What makes a response the better one, in words for the llm judge. Default: helpfulness and harmlessness.")]
    public string? JudgeCriterion { get; init; }

    [Option("How often the llm judge is asked in all when its reply is not understood; then the row is put aside. Default: 3.")]
    [Range(1, 100)]
    public int JudgeTries { get; init; } = 3;

    [Option("The temperature sent to the llm judge; empty: none is sent, as some models want. Default: 0.")]
    [Range(0, 2.0)]
    public double? JudgeTemperature { get; init; } = 0;

    [Option("The max_tokens sent to the llm judge; 0: none is sent, as some models want. Default: 1024.")]
    [Range(0, 1_000_000)]
    public int JudgeMaxTokens { get; init; } = 1024;

    [PerformanceOnly]
    [Option("Questions to the llm judge at the same time. Default: 4.")]
    [Range(1, 1000)]
    public int JudgeConcurrency { get; init; } = 4;

    [PerformanceOnly]
    [Option("Seconds that a reply of the llm judge may take. Default: 60.")]
    [Range(0.1, 86_400.0)]
    public double JudgeTimeout { get; init; } = 60;

    [PerformanceOnly]
    [Option("How often a request to the llm judge is repeated after 408, 409, 429, 5xx, a timeout or a lost connection. Default: 5.")]
    [Range(0, 100)]
    public int JudgeRetries { get; init; } = 5;

    [PerformanceOnly]
    [Option("The spending cap: at most so many requests to the llm judge in one run of the stage, repeated ones included. Answers are kept for the next run. Default: 10000.")]
    [Range(1, int.MaxValue)]
    public int MaxRequests { get; init; } = 10_000;

    [PerformanceOnly]
    [Option("Lets the llm judge be asked over http at another host, where the key goes over the wire in clear. Default: false.")]
    public bool AllowHttp { get; init; }

    /// <summary>The endpoint that a variable names, or null. A name that no variable can have is left for <see cref="Endpoint.Of"/> to refuse.</summary>
    private static string? FromEnvironment(string variable) =>
        Endpoint.IsVariable(variable) && Environment.GetEnvironmentVariable(variable)?.Trim() is { Length: > 0 } text ? text : null;
}
