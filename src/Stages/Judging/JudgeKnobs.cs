namespace DataflowRlhf.Stages.Judging;

/// <summary>The summaries and defaults of the judge's options, for every stage that has them.</summary>
internal static class JudgeKnobs
{
    public const string BaseUrlVariable = "OPENAI_BASE_URL";
    public const string ApiKeyVariable = "OPENAI_API_KEY";
    public const int Tries = 3;
    public const double Temperature = 0;
    public const int MaxTokens = 1024;
    public const int Concurrency = 4;
    public const double Timeout = 60;
    public const int Retries = 5;
    public const int MaxRequests = 10_000;

    public const string AboutModel = "The model that an llm judge asks for, as its endpoint names it. Default: none; an llm judge needs one.";
    public const string AboutBaseUrl = "The OpenAI-compatible endpoint of an llm judge, such as https://api.openai.com/v1. Default: what base-url-variable holds.";
    public const string AboutBaseUrlVariable = "The environment variable that names the endpoint. Default: OPENAI_BASE_URL.";
    public const string AboutApiKeyVariable = "The environment variable that holds the key; never the key itself. Unset: no key is sent. Default: OPENAI_API_KEY.";
    public const string AboutCriterion = "What makes a response the better one, in words for the llm judge. Default: helpfulness and harmlessness.";
    public const string AboutTries = "How often the llm judge is asked in all when its reply is not understood; then the row is put aside. Default: 3.";
    public const string AboutTemperature = "The temperature sent to the llm judge; empty: none is sent, as some models want. Default: 0.";
    public const string AboutMaxTokens = "The max_tokens sent to the llm judge; 0: none is sent, as some models want. Default: 1024.";
    public const string AboutConcurrency = "Questions to the llm judge at the same time. Default: 4.";
    public const string AboutTimeout = "Seconds that a reply of the llm judge may take. Default: 60.";
    public const string AboutRetries = "How often a request to the llm judge is repeated after 408, 409, 429, 5xx, a timeout or a lost connection. Default: 5.";
    public const string AboutMaxRequests = "The spending cap: at most so many requests to the llm judge in one run of the stage, repeated ones included. Answers are kept for the next run. Default: 10000.";
    public const string AboutAllowHttp = "Lets the llm judge be asked over http at another host, where the key goes over the wire in clear. Default: false.";

    /// <summary>The endpoint that a variable names, or null. A name that no variable can have is left for <see cref="Endpoint.Of"/> to refuse.</summary>
    public static string? FromEnvironment(string variable) =>
        Endpoint.IsVariable(variable) && Environment.GetEnvironmentVariable(variable)?.Trim() is { Length: > 0 } text ? text : null;
}
