using System.Text;
using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Judging;
using DataflowRlhf.Stages.Policies;

namespace DataflowRlhf.Stages.Tests.Judging;

/// <summary>The key goes into one header and nowhere else; texts go to the endpoint and nowhere else.</summary>
public sealed class JudgeSecretsTests : IDisposable
{
    private readonly JudgeBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task The_key_is_nowhere_even_where_the_endpoint_repeats_it()
    {
        using var run = bench.Run();
        var said = new List<string>();
        var key = JudgeBench.Key;
        // As a verdict, as nonsense, as JSON, as an error's code and words, as a header, and with every way to fail.
        Func<FakeEndpoint.Request, byte[]?>[] rude =
        [
            r => FakeEndpoint.Reply($"{key}\n{r.Better(t => t.Length)}"),
            _ => FakeEndpoint.Reply(key),
            _ => FakeEndpoint.Response(200, key),
            _ => FakeEndpoint.Response(500, $$"""{"error": {"code": "{{key}}", "type": "{{key.ToLowerInvariant()}}", "message": "{{key}}" } }""", $"X-Echo: {key}"),
            _ => FakeEndpoint.Response(401, $$"""{"error": {"code": "{{key[3..12].ToLowerInvariant()}}", "message": "Incorrect API key: {{key}}" } }"""),
            _ => FakeEndpoint.Response(429, key, "Retry-After: 90000", $"Location: http://{key}/"),
            _ => null,
        ];
        foreach (var answer in rude)
        {
            await using var endpoint = new FakeEndpoint(answer);
            try
            {
                said.AddRange((await bench.Judge(run, bench.Options(endpoint.Url), new JudgedPair("the prompt's words", "the response's words", "other words"))).Select(v => v.ToString()));
            }
            catch (StageException told)
            {
                said.Add(told.ToString());
            }
            endpoint.Requests.Should().NotBeEmpty().And.OnlyContain(r => r.Head.Contains(key));
        }
        said.Should().HaveCount(rude.Length);
        said.AddRange(run.Said);
        said.AddRange(run.Warned);
        said.AddRange(run.Progressed.Select(p => p.ToString()));
        said.Add(run.Summary.ToJsonString());
        said.AddRange(Directory.GetFiles(Path.GetDirectoryName(bench.Store)!, "*", SearchOption.AllDirectories).Select(f => f + Encoding.UTF8.GetString(File.ReadAllBytes(f))));
        said.Should().OnlyContain(text => !text.Contains(key, StringComparison.OrdinalIgnoreCase) && !text.Contains("words\"", StringComparison.Ordinal) && !text.Contains("response's words", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_that_no_header_can_carry_is_not_shown()
    {
        Environment.SetEnvironmentVariable(bench.KeyVariable, "sk-one\nsk-two");
        var judging = () => bench.Judge(bench.Options(FakeEndpoint.Nowhere()), JudgeBench.Pairs(1));
        (await judging.Should().ThrowAsync<StageException>()).Which.Message.Should().Contain(bench.KeyVariable).And.NotContain("sk-");
    }

    [Fact]
    public async Task Without_a_key_none_is_sent()
    {
        Environment.SetEnvironmentVariable(bench.KeyVariable, " ");
        await using var endpoint = FakeEndpoint.Saying(r => r.Better(t => t.Length));
        await bench.Judge(bench.Options(endpoint.Url), JudgeBench.Pairs(1));
        endpoint.Requests.Should().OnlyContain(r => !r.Head.Contains("Authorization"));
    }

    [Theory]
    [InlineData("http://api.example.com/v1", "allow-http: true")]
    [InlineData("ftp://api.example.com/v1", "not an http or https URL")]
    [InlineData("api.example.com/v1", "not an http or https URL")]
    [InlineData("file:///etc/passwd", "not an http or https URL")]
    [InlineData("https://me:sk-secret@api.example.com/v1", "https://api.example.com/v1")]
    [InlineData("https://api.example.com/v1?key=sk-secret", "carries")]
    [InlineData("https://api.example.com/v1/chat/completions", "base-url: https://api.example.com/v1")]
    public void Refuses_addresses_that_cannot_be_or_would_betray_the_key(string url, string says)
    {
        var refused = FluentActions.Invoking(() => Endpoint.Of(bench.Options(url))).Should().Throw<OptionException>().Which;
        $"{refused.Problem} {refused.Write}".Should().Contain(says).And.NotContain("secret");
    }

    [Theory]
    [InlineData("https://api.example.com/v1/", "https://api.example.com/v1/chat/completions")]
    [InlineData("https://api.example.com:8443", "https://api.example.com:8443/chat/completions")]
    [InlineData("http://localhost:11434/v1", "http://localhost:11434/v1/chat/completions")]
    [InlineData("http://[::1]:8000/v1", "http://[::1]:8000/v1/chat/completions")]
    public void Takes_https_and_http_at_home(string url, string asked) => Endpoint.Of(bench.Options(url)).Completions.ToString().Should().Be(asked);

    [Fact]
    public void Takes_http_elsewhere_where_it_is_allowed() =>
        Endpoint.Of(bench.Options("http://10.1.2.3:8000/v1") with { AllowHttp = true }).Base.Should().Be("http://10.1.2.3:8000/v1");

    [Fact]
    public void A_key_given_in_place_of_a_variables_name_is_refused_and_not_repeated()
    {
        foreach (var given in new[] { "sk-secret-1", "sk_secret_1" })
        {
            var refused = FluentActions.Invoking(() => Endpoint.Of(bench.Options("https://api.example.com/v1") with { ApiKeyVariable = given })).Should().Throw<OptionException>().Which;
            refused.Message.Should().NotContain("secret");
        }
    }

    [Fact]
    public void A_judge_needs_a_model_and_an_endpoint_and_says_so_at_the_check()
    {
        var variable = $"JUDGE_URL_{Guid.NewGuid():N}";
        var options = new Compare.Options { Judge = Compare.JudgedBy.Llm, Judging = new() { JudgeModel = "judge-1", BaseUrlVariable = variable } };
        FluentActions.Invoking(() => new Compare(options with { Judging = options.Judging with { JudgeModel = null } })).Should().Throw<OptionException>().Which.Option.Should().Be("judge-model");
        FluentActions.Invoking(() => new Compare(options)).Should().Throw<OptionException>().Which.Problem.Should().Contain(variable);
        Environment.SetEnvironmentVariable(variable, "http://127.0.0.1:1234/v1");
        new Compare(options).Ports.Inputs.Single(p => p.Name == "judge").Optional.Should().BeTrue();
        Environment.SetEnvironmentVariable(variable, null);
        new Compare(new()).Ports.Inputs.Single(p => p.Name == "judge").Optional.Should().BeTrue("nothing of this concerns other judges");
    }

    [Theory]
    [InlineData("A", "A")]
    [InlineData("The first is better.\n\nB\n", "B")]
    [InlineData("x\r\nTIE\r\n", "Tie")]
    [InlineData("**A**", "A")]
    [InlineData("B.", "B")]
    [InlineData("a", "Unclear")]
    [InlineData("I prefer A", "Unclear")]
    [InlineData("A or B", "Unclear")]
    [InlineData("A\nBut both are fine", "Unclear")]
    [InlineData("Verdict: A", "Unclear")]
    [InlineData("", "Unclear")]
    public void Reads_only_the_last_line(string reply, string verdict) => VerdictLine.Read(reply).ToString().Should().Be(verdict);

    [Theory]
    [InlineData("A", "B", 1, false)]
    [InlineData("B", "A", -1, false)]
    [InlineData("Tie", "Tie", 0, false)]
    [InlineData("A", "A", 0, true)]
    [InlineData("B", "B", 0, true)]
    [InlineData("A", "Tie", 0, true)]
    [InlineData("Tie", "A", 0, true)]
    public void A_preference_counts_where_both_orders_agree(string asGiven, string swapped, int preference, bool disagreed) =>
        PairVerdict.Of(Enum.Parse<Verdict>(asGiven), Enum.Parse<Verdict>(swapped)).Should().Be(new PairVerdict(preference, disagreed, null));
}
