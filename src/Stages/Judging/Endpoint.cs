using System.Text.RegularExpressions;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Judging;

/// <summary>Where a judge is asked and for which model: all of it may be shown, none of it is secret.</summary>
/// <param name="Base">The base URL without a slash at its end.</param>
/// <param name="Model">The model's name.</param>
internal sealed partial record Endpoint(string Base, string Model)
{
    /// <summary>Where chat completions are asked for.</summary>
    public Uri Completions => new(Base + "/chat/completions");

    /// <summary>Reads and checks what a stage was told.</summary>
    /// <exception cref="OptionException">
    /// No model, no URL, none of http or https, a URL that carries credentials, http to another host without allow-http, or a variable that cannot be.
    /// The message shows no URL that may hold a secret.
    /// </exception>
    public static Endpoint Of(JudgeOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.JudgeModel))
            throw new OptionException("judge-model", "is not given, and an llm judge needs the name of a model as its endpoint knows it", "judge-model: gpt-4o-mini");
        if (options.JudgeCriterion is { } criterion && string.IsNullOrWhiteSpace(criterion))
            throw new OptionException("judge-criterion", "is empty; it takes words, or leave it out for helpfulness and harmlessness");
        Variable("base-url-variable", options.BaseUrlVariable, "OPENAI_BASE_URL");
        Variable("api-key-variable", options.ApiKeyVariable, "OPENAI_API_KEY");
        if (options.ApiKeyVariable != JudgeOptions.UsualKeyVariable && Environment.GetEnvironmentVariable(options.ApiKeyVariable) is null)
            throw new OptionException("api-key-variable", "names an environment variable that is not set; it takes the name of the one that holds the key, never the key", "api-key-variable: OPENAI_API_KEY");
        if (options.BaseUrl is not { } text)
            throw new OptionException("base-url-variable", $"the environment variable {options.BaseUrlVariable} is not set, so there is no endpoint to ask; set it, or give base-url", "base-url: https://api.openai.com/v1");
        return new(Url(text.Trim(), options.AllowHttp), options.JudgeModel);
    }

    /// <summary>Whether a text can be the name of an environment variable.</summary>
    public static bool IsVariable(string name) => VariableName().IsMatch(name);

    private static void Variable(string option, string name, string usual)
    {
        if (!IsVariable(name))
            throw new OptionException(option, "is not the name of an environment variable (letters, digits and _); a key never stands in a pipeline", $"{option}: {usual}");
    }

    private static string Url(string text, bool allowHttp)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
            throw new OptionException("base-url", "is not an http or https URL", "base-url: https://api.openai.com/v1");
        if (url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
            throw new OptionException("base-url", "carries a user name, a password or parameters, which would stand in logs; the key belongs into the environment (api-key-variable)", $"base-url: {url.GetLeftPart(UriPartial.Scheme)}{url.Authority}{url.AbsolutePath}");
        var plain = url.GetLeftPart(UriPartial.Path).TrimEnd('/');
        if (plain.EndsWith("/chat/completions", StringComparison.Ordinal))
            throw new OptionException("base-url", $"'{plain}' goes too far: /chat/completions is put behind it", $"base-url: {plain[..^"/chat/completions".Length]}");
        if (url.Scheme == "http" && !url.IsLoopback && !allowHttp)
            throw new OptionException("base-url", $"'{plain}' is http at another host: the key and all texts would go over the wire in clear; https is possible, or allow it", "allow-http: true");
        return plain;
    }

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex VariableName();
}
