using System.Collections.Concurrent;
using System.Globalization;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Judging;

/// <summary>A language model as judge of pairs: both orders of each are asked, every answer is kept, and none is asked for twice.</summary>
internal sealed class LlmJudge : IDisposable
{
    private readonly JudgeOptions options;
    private readonly IStageRun run;
    private readonly TimeProvider time;
    private readonly Endpoint endpoint;
    private readonly ChatClient client;
    private readonly RequestBudget budget;
    private readonly AnswerCache answers;
    private readonly ConcurrentDictionary<string, Lazy<Task<Answer>>> asked = new(StringComparer.Ordinal);

    /// <param name="options">Checked by <see cref="Endpoint.Of"/>.</param>
    /// <param name="run">The stage that asks: its seed draws the jitter, its store keeps the answers.</param>
    /// <param name="time">For timeouts and waits.</param>
    public LlmJudge(JudgeOptions options, IStageRun run, TimeProvider time)
    {
        (this.options, this.run, this.time) = (options, run, time);
        endpoint = Endpoint.Of(options);
        client = new ChatClient(endpoint, ApiKey.Read(options.ApiKeyVariable), options, time);
        budget = new RequestBudget(options.MaxRequests);
        answers = new AnswerCache(run.SharedFolder("answers"), run.Warn);
    }

    private readonly record struct Answer(Verdict Verdict, string? Problem);

    public void Dispose() => client.Dispose();

    /// <summary>Judges pairs side by side, in the order given. Equal responses tie unasked.</summary>
    /// <exception cref="StageException">The endpoint refuses, does not answer, or the spending cap is reached: all answers so far are kept.</exception>
    public async Task<PairVerdict[]> JudgeAsync(IReadOnlyList<JudgedPair> pairs)
    {
        var verdicts = new PairVerdict[pairs.Count];
        var done = 0;
        try
        {
            // The first failure starts no more pairs and cuts waits short; requests that are out come back and are kept.
            await Parallel.ForEachAsync(Enumerable.Range(0, pairs.Count), new ParallelOptions { MaxDegreeOfParallelism = options.JudgeConcurrency, CancellationToken = run.Stopping }, async (i, halted) =>
            {
                verdicts[i] = await BothOrdersAsync(pairs[i], halted);
                run.Progress(Interlocked.Increment(ref done), pairs.Count, "pairs judged");
            });
        }
        catch (BudgetSpent)
        {
            throw new StageException(string.Create(CultureInfo.InvariantCulture,
                $"The spending cap is reached: max-requests: {budget.Most} requests are sent, {done} of {pairs.Count} pairs are judged. All answers are kept: run it again to go on from here, or write a larger cap:  max-requests: {2L * budget.Most}"));
        }
        catch (TransientFailure last)
        {
            throw new StageException($"{endpoint.Completions} did not answer after {(options.JudgeRetries == 0 ? "1 try" : $"{options.JudgeRetries + 1} tries")}; the last time: {last.Message}. {done} of {pairs.Count} pairs are judged and all answers are kept: run it again to go on, with a larger judge-retries or a smaller judge-concurrency if it was overloaded.");
        }
        return verdicts;
    }

    private async Task<PairVerdict> BothOrdersAsync(JudgedPair pair, CancellationToken halted)
    {
        if (pair.First == pair.Second)
            return new(0, false, null);
        var asGiven = await AskAsync(pair.Prompt, pair.First, pair.Second, halted);
        if (asGiven.Verdict == Verdict.Unclear)
            return new(0, false, Reason(asGiven));
        var swapped = await AskAsync(pair.Prompt, pair.Second, pair.First, halted);
        return swapped.Verdict == Verdict.Unclear ? new(0, false, Reason(swapped)) : PairVerdict.Of(asGiven.Verdict, swapped.Verdict);
    }

    private string Reason(Answer last) =>
        $"the judge {endpoint.Model} gave no verdict in {options.JudgeTries} tries (judge-tries): {last.Problem ?? "its reply does not end in a line that is A, B or TIE"}";

    private async Task<Answer> AskAsync(string prompt, string a, string b, CancellationToken halted)
    {
        var answer = default(Answer);
        for (var repeat = 0; repeat < options.JudgeTries && answer.Verdict == Verdict.Unclear; repeat++)
        {
            halted.ThrowIfCancellationRequested();
            var question = JudgePrompt.Of(prompt, a, b, options.JudgeCriterion, repeat);
            answer = await asked.GetOrAdd(AnswerCache.Key(endpoint, options, question), key => new(() => AnswerAsync(key, question, halted))).Value;
        }
        return answer;
    }

    private async Task<Answer> AnswerAsync(string key, string question, CancellationToken halted)
    {
        if (answers.Find(key) is { } kept)
            return new(kept, null);
        var reply = await Backoff.Of(options.JudgeRetries, SeededRandom.For(run.Seed, key), time).ExecuteAsync(async _ =>
        {
            budget.Take();
            return await client.AskAsync(question, run.Stopping);
        }, halted);
        if (reply.Text is null)
            return new(Verdict.Unclear, reply.Problem); // not the model's word: worth asking again in another run
        var verdict = VerdictLine.Read(reply.Text);
        answers.Keep(key, verdict);
        return new(verdict, null);
    }
}
