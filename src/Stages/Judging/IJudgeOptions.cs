namespace DataflowRlhf.Stages.Judging;

/// <summary>What a stage is told when a language model judges. The key itself is no option: only the name of the variable that holds it.</summary>
public interface IJudgeOptions
{
    /// <summary>The model's name as the endpoint knows it.</summary>
    string? JudgeModel { get; }

    /// <summary>Where the endpoint is: as given, else as the variable says. It decides the answers, so it is part of the cache key.</summary>
    string? BaseUrl { get; }

    string BaseUrlVariable { get; }

    string ApiKeyVariable { get; }

    /// <summary>What makes a response the better one, in the judge's own words; null: helpfulness and harmlessness.</summary>
    string? JudgeCriterion { get; }

    /// <summary>How often a question is put in all before a row is put aside.</summary>
    int JudgeTries { get; }

    /// <summary>Null: not sent.</summary>
    double? JudgeTemperature { get; }

    /// <summary>0: not sent.</summary>
    int JudgeMaxTokens { get; }

    int JudgeConcurrency { get; }

    /// <summary>Seconds.</summary>
    double JudgeTimeout { get; }

    int JudgeRetries { get; }

    /// <summary>Requests in one run of the stage, repeated ones included.</summary>
    int MaxRequests { get; }

    bool AllowHttp { get; }
}
