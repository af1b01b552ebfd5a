using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Judging;

namespace DataflowRlhf.Stages.Tests.Judging;

/// <summary>An endpoint that does not do what it should: how often it is asked, how long is waited, what is said.</summary>
public sealed class JudgeFailureTests : IDisposable
{
    private readonly JudgeBench bench = new();

    public void Dispose() => bench.Dispose();

    private static byte[] Good(FakeEndpoint.Request request) => FakeEndpoint.Reply(request.Better(t => t.Length));

    private static JudgedPair Pair => JudgeBench.Pairs(1)[0];

    [Theory]
    [InlineData(408)]
    [InlineData(409)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Waits_longer_each_time_for_what_may_pass(int status)
    {
        await using var endpoint = new FakeEndpoint(r => r.Number < 4 ? FakeEndpoint.Response(status, "{}") : Good(r));
        (await bench.Judge(bench.Options(endpoint.Url), Pair)).Single().Preference.Should().Be(1);
        endpoint.Requests.Should().HaveCount(6);
        bench.Clock.Waits.Should().HaveCount(4);
        for (var i = 0; i < 4; i++)
            bench.Clock.Waits[i].TotalSeconds.Should().BeInRange(Math.Pow(2, i) / 2, Math.Pow(2, i));
    }

    [Fact]
    public async Task The_same_seed_waits_the_same_and_another_seed_does_not()
    {
        static async Task<List<TimeSpan>> Waits(ulong seed)
        {
            var clock = new FakeClock();
            var tries = 0;
            await Backoff.Of(5, SeededRandom.For(seed, "question"), clock).ExecuteAsync(_ =>
                ++tries < 4 ? throw new TransientFailure("busy") : ValueTask.FromResult(new ChatReply("A", null)));
            return clock.Waits;
        }
        var one = await Waits(1);
        one.Should().HaveCount(3);
        (await Waits(1)).Should().Equal(one);
        (await Waits(2)).Should().NotEqual(one);
    }

    [Theory]
    [InlineData(429, "Retry-After: 17", 17)]
    [InlineData(503, "Retry-After: Tue, 01 Jan 2030 00:02:00 GMT", 120)]
    [InlineData(429, "Retry-After: Mon, 31 Dec 2029 00:00:00 GMT", 0)]
    public async Task Keeps_to_what_retry_after_asks(int status, string header, int seconds)
    {
        await using var endpoint = new FakeEndpoint(r => r.Number == 0 ? FakeEndpoint.Response(status, "{}", header) : Good(r));
        (await bench.Judge(bench.Options(endpoint.Url), Pair)).Single().Preference.Should().Be(1);
        bench.Clock.Waits.Should().ContainSingle().Which.TotalSeconds.Should().BeInRange(seconds, seconds + 1);
    }

    [Fact]
    public async Task Does_not_wait_for_hours()
    {
        await using var endpoint = new FakeEndpoint(_ => FakeEndpoint.Response(429, "{}", "Retry-After: 86400"));
        (await Failing(bench.Options(endpoint.Url))).Should().Contain("429").And.Contain("1440 minutes").And.Contain("kept");
        endpoint.Requests.Should().ContainSingle();
        bench.Clock.Waits.Should().BeEmpty();
    }

    [Theory]
    [InlineData(400, "judge-temperature")]
    [InlineData(401, "does not take the key")]
    [InlineData(403, "does not take the key")]
    [InlineData(404, "no model 'judge-1'")]
    [InlineData(307, "not followed")]
    [InlineData(418, "judge-model")]
    public async Task Never_repeats_what_will_not_pass(int status, string says)
    {
        await using var endpoint = new FakeEndpoint(_ => FakeEndpoint.Response(status, """{"error": {"code": "a_short_code", "message": "long words"}}""", "Location: http://127.0.0.1:1/"));
        var message = await Failing(bench.Options(endpoint.Url));
        message.Should().Contain($"{endpoint.Url}/chat/completions answered {status} (a_short_code)").And.Contain(says).And.NotContain("long words");
        endpoint.Requests.Should().ContainSingle();
        bench.Clock.Waits.Should().BeEmpty();
    }

    [Fact]
    public async Task A_missing_key_is_named_by_its_variable()
    {
        await using var endpoint = new FakeEndpoint(_ => FakeEndpoint.Response(401, ""));
        Environment.SetEnvironmentVariable(bench.KeyVariable, "");
        var options = bench.Options(endpoint.Url) with { ApiKeyVariable = JudgeOptions.UsualKeyVariable };
        if (Environment.GetEnvironmentVariable(JudgeOptions.UsualKeyVariable) is null)
            (await Failing(options)).Should().Contain("none was sent").And.Contain("OPENAI_API_KEY");
        else
            (await Failing(options)).Should().Contain("does not take the key").And.Contain("OPENAI_API_KEY");
    }

    [Fact]
    public async Task Gives_up_after_the_retries_and_says_what_happened_last()
    {
        await using var endpoint = new FakeEndpoint(_ => FakeEndpoint.Response(503, """{"error": {"type": "overloaded"}}"""));
        (await Failing(bench.Options(endpoint.Url) with { JudgeRetries = 2 })).Should().Contain("did not answer after 3 tries").And.Contain("status 503 (overloaded)").And.Contain("kept");
        endpoint.Requests.Should().HaveCount(3);
        await Failing(bench.Options(endpoint.Url) with { JudgeRetries = 0 });
        endpoint.Requests.Should().HaveCount(4);
    }

    [Fact]
    public async Task Repeats_where_the_connection_is_closed()
    {
        await using var endpoint = new FakeEndpoint(r => r.Number == 1 ? FakeEndpoint.Reply("A")[..^5] : Good(r)) { HangsUpAfter = n => n < 2 };
        (await bench.Judge(bench.Options(endpoint.Url), Pair)).Single().Preference.Should().Be(1);
        endpoint.Requests.Should().HaveCount(3);
        bench.Clock.Waits.Should().ContainSingle("the second reply was cut");

        await using var mute = new FakeEndpoint(_ => null);
        (await Failing(bench.Options(mute.Url) with { JudgeRetries = 1 })).Should().Contain("the connection failed");
    }

    [Fact]
    public async Task Says_so_where_nobody_listens()
    {
        (await Failing(bench.Options(FakeEndpoint.Nowhere()))).Should().Contain("did not answer after 6 tries").And.Contain("ConnectionError");
        bench.Clock.Waits.Should().HaveCount(5);
    }

    [Fact]
    public async Task Does_not_wait_for_a_reply_for_ever()
    {
        var held = new SemaphoreSlim(0);
        await using var endpoint = new FakeEndpoint(async (request, closing) =>
        {
            if (request.Number > 0)
                return Good(request);
            held.Release();
            await Task.Delay(Timeout.Infinite, closing);
            return null;
        });
        var judging = bench.Judge(bench.Options(endpoint.Url), Pair);
        await held.WaitAsync();
        bench.Clock.Advance(TimeSpan.FromSeconds(7199));
        judging.IsCompleted.Should().BeFalse();
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        (await judging).Single().Preference.Should().Be(1);
        endpoint.Requests.Should().HaveCount(3);
        bench.Clock.Waits.Should().ContainSingle();
    }

    [Fact]
    public async Task Repeated_requests_count_against_the_cap()
    {
        await using var endpoint = new FakeEndpoint(_ => FakeEndpoint.Response(500, ""));
        (await Failing(bench.Options(endpoint.Url) with { MaxRequests = 3 })).Should().Contain("max-requests: 3");
        endpoint.Requests.Should().HaveCount(3);
    }

    [Fact]
    public async Task One_refusal_ends_the_run_without_asking_the_rest()
    {
        await using var endpoint = new FakeEndpoint(r => r.Number < 4 ? Good(r) : FakeEndpoint.Response(401, ""));
        await FluentActions.Awaiting(() => bench.Judge(bench.Options(endpoint.Url), JudgeBench.Pairs(50))).Should().ThrowAsync<StageException>();
        endpoint.Requests.Should().HaveCount(5);
        Directory.GetFiles(bench.Answers, "*.json", SearchOption.AllDirectories).Should().HaveCount(4);
    }

    private async Task<string> Failing(JudgeOptions options) =>
        (await FluentActions.Awaiting(() => bench.Judge(options, Pair)).Should().ThrowAsync<StageException>()).Which.Message;
}
