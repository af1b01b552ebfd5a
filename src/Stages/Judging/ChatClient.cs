using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Judging;

/// <summary>
/// One request to an OpenAI-compatible endpoint: <c>POST {base}/chat/completions</c>. Redirects are not followed, as the key would go along; a body is read
/// up to <see cref="ChatReply.MaxBytes"/>; of what the other side writes in an error only its short code is shown.
/// </summary>
internal sealed partial class ChatClient : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);
    private readonly Endpoint endpoint;
    private readonly ApiKey key;
    private readonly JudgeOptions options;
    private readonly TimeProvider time;
    private readonly HttpClient http;

    public ChatClient(Endpoint endpoint, ApiKey key, JudgeOptions options, TimeProvider time)
    {
        (this.endpoint, this.key, this.options, this.time) = (endpoint, key, options, time);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !endpoint.Completions.IsLoopback,
            MaxConnectionsPerServer = options.JudgeConcurrency,
        };
        http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("DataflowRlhf", null));
    }

    public void Dispose() => http.Dispose();

    /// <summary>Asks once.</summary>
    /// <exception cref="TransientFailure">Worth another try.</exception>
    /// <exception cref="StageException">Another try would end the same way.</exception>
    public async Task<ChatReply> AskAsync(string message, CancellationToken stopping)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(options.JudgeTimeout), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stopping);
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Completions) { Content = new StringContent(Body(message), Encoding.UTF8, "application/json") };
        request.Headers.Authorization = key.Header;
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var whole = await FitsAsync(response, either.Token);
            if (response.StatusCode == HttpStatusCode.OK)
                return whole ? ChatReply.Read(await response.Content.ReadAsByteArrayAsync(either.Token)) : ChatReply.TooLarge;
            throw Failure(response, whole ? Code(await response.Content.ReadAsByteArrayAsync(either.Token)) : "");
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            throw new TransientFailure(FormattableString.Invariant($"no reply within {options.JudgeTimeout} s (judge-timeout)"));
        }
        catch (HttpRequestException lost)
        {
            throw new TransientFailure($"the connection failed ({lost.HttpRequestError})");
        }
        catch (IOException)
        {
            throw new TransientFailure("the connection was closed within the reply");
        }
    }

    private string Body(string message)
    {
        var body = new JsonObject
        {
            ["model"] = endpoint.Model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = message }),
        };
        if (options.JudgeTemperature is { } temperature)
            body["temperature"] = temperature;
        if (options.JudgeMaxTokens > 0)
            body["max_tokens"] = options.JudgeMaxTokens;
        return body.ToJsonString();
    }

    /// <summary>Reads the body into memory; false where it is too large for that.</summary>
    private static async Task<bool> FitsAsync(HttpResponseMessage response, CancellationToken stopping)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(ChatReply.MaxBytes, stopping);
            return true;
        }
        catch (HttpRequestException large) when (large.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            return false;
        }
    }

    private Exception Failure(HttpResponseMessage response, string code)
    {
        var status = (int)response.StatusCode;
        var answered = $"{endpoint.Completions} answered {status}{code}";
        if (status is not (408 or 409 or 429 or >= 500))
            return new StageException($"{answered}: {Advice(status)} It was not asked again; answers so far are kept.");
        var after = After(response.Headers.RetryAfter);
        return after > LongestWait
            ? new StageException(FormattableString.Invariant($"{answered} and asks to come back in {after.Value.TotalMinutes:0} minutes, which is too long to wait. Answers so far are kept; run it again then."))
            : new TransientFailure($"status {status}{code}", after);
    }

    private TimeSpan? After(RetryConditionHeaderValue? header)
    {
        var after = header?.Delta ?? (header?.Date - time.GetUtcNow());
        return after < TimeSpan.Zero ? TimeSpan.Zero : after;
    }

    private string Advice(int status) => status switch
    {
        400 or 422 => "it does not take the request. Some models take no temperature or no max_tokens:  write: judge-temperature: ~  or  judge-max-tokens: 0.",
        401 or 403 when !key.IsSet => $"it wants a key, and none was sent. Set the environment variable {key.Variable}, or name another:  write: api-key-variable: NAME.",
        401 or 403 => $"it does not take the key in the environment variable {key.Variable}, or the key may not use the model '{endpoint.Model}'. Set another, or name another:  write: api-key-variable: NAME.",
        404 => $"there is no such address there, or no model '{endpoint.Model}'. Look at base-url ({endpoint.Base}; most end in /v1) and judge-model.",
        >= 300 and < 400 => "it points to another address, which is not followed, as the key would go along. Give the last address:  write: base-url: URL.",
        _ => "that is no answer of a chat-completions endpoint. Look at base-url and judge-model.",
    };

    /// <summary>The error's short code in brackets, where it is one: a word such as <c>model_not_found</c>, never a sentence, never a part of the key.</summary>
    private string Code(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body) is JsonObject json && json["error"] is JsonObject error
                && new[] { "code", "type" }.Select(n => error[n]).OfType<JsonValue>().Select(v => v.TryGetValue<string>(out var text) ? text : "").FirstOrDefault(t => Word().IsMatch(t)) is { } word
                && !key.IsIn(word) ? $" ({word})" : "";
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or ArgumentException)
        {
            return "";
        }
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{2,47}\z")]
    private static partial Regex Word();
}
