namespace DataflowRlhf.Graph;

/// <summary>Runs a checked graph: finds in the store what is there, streams what may stream, keeps what is made.</summary>
public sealed class Engine(ArtifactStore store, TimeProvider time)
{
    /// <summary>Runs to the end, to the first failure, or until <paramref name="stopping"/>. Whatever finished is in the store.</summary>
    /// <param name="graph">A checked pipeline.</param>
    /// <param name="options">What to force, where tensors live.</param>
    /// <param name="observer">Hears what happens.</param>
    /// <param name="stopping">Ctrl-C.</param>
    public async Task<RunResult> RunAsync(PipelineGraph graph, RunOptions options, IRunObserver observer, CancellationToken stopping)
    {
        var explain = new FailureText(store, options.Clear, time) { Hide = graph.Hide };
        using var faulted = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        GraphRun network;
        try
        {
            var all = Planner.Plan(graph, store, options);
            IReadOnlyList<PlanEntry> plan = [.. all.Where(p => options.Only?.Contains(p.Node.Name) != false)];
            RefuseWithoutGpu(plan, options);
            RefuseWithoutMemory(plan, options);
            observer.Planned(plan);
            foreach (var (node, line) in Foresight.Warnings(plan.Where(p => p.Decision != Decision.Hit).Select(p => (p.Node, p.Outlook)), options.Memory))
                observer.Warned(node, line);
            network = new GraphRun(graph, [.. all.Select(p => p.Node)], store, options, observer, time, explain.Of, faulted.Token);
        }
        catch (Exception cause)
        {
            return new RunResult(RunOutcome.Failed, new Dictionary<string, ArtifactRecord>(), [], "", null, explain.Of("plan", cause)) { Began = false };
        }
        var failures = new List<(string Stage, Exception Cause)>();
        var began = time.GetTimestamp();
        observer.Running(network.Meters.Now);
        using var ended = new CancellationTokenSource();
        var watched = WatchAsync();
        await Task.WhenAll(network.Nodes.Select(GuardAsync));
        await ended.CancelAsync();
        await watched;
        var finished = network.Finished;
        var edges = network.Meters.Edges;
        var verdict = network.Verdict(time.GetElapsedTime(began).TotalSeconds);
        if (failures.Count > 0)
        {
            var (stage, cause) = failures[0];
            return new RunResult(RunOutcome.Failed, finished, edges, verdict, stage, explain.Of(stage, cause));
        }
        return new RunResult(stopping.IsCancellationRequested && finished.Count < network.Nodes.Count ? RunOutcome.Interrupted : RunOutcome.Done, finished, edges, verdict, null, null);

        async Task WatchAsync()
        {
            var named = network.Nodes.ToDictionary(n => n.Name);
            try
            {
                await new StallWatch(() => network.Meters.Signs, network.Meters.Now, options.StallAfter, time).RunAsync((stage, line) => observer.Warned(named[stage], $"{line} {Attempt.Remedy(named[stage].Policy)}"), ended.Token);
            }
            catch (OperationCanceledException)
            {
                // All has ended.
            }
            catch (StageException stands)
            {
                lock (failures)
                    failures.Add(("the network", stands));
                await faulted.CancelAsync();
            }
        }

        async Task GuardAsync(GraphNode node)
        {
            await Task.Yield();
            try
            {
                await network.RunAsync(node);
            }
            catch (OperationCanceledException) when (faulted.IsCancellationRequested)
            {
                // The run stops; the cause is told elsewhere.
            }
            catch (Exception cause)
            {
                lock (failures)
                    failures.Add((node.Name, cause));
                await faulted.CancelAsync();
                observer.Failed(node, explain.Of(node.Name, cause));
            }
        }
    }

    /// <summary>What would fail after hours is said before anything runs.</summary>
    private static void RefuseWithoutMemory(IReadOnlyList<PlanEntry> plan, RunOptions options)
    {
        var refused = plan.Where(p => p.Decision != Decision.Hit && !p.Node.TriesMemory && p.Outlook?.SurelyTooMuch(options.Memory) == true).Select(p => (p.Node, p.Outlook));
        var lines = Foresight.Warnings(refused, options.Memory).Select(w => $"'{w.Node.Name}' {w.Line}{(w.Line.Contains("  write: ", StringComparison.Ordinal) ? "  or, to try all the same:" : "  To try all the same, write:")}  run: {{ memory: try }}").ToList();
        if (lines.Count > 0)
            throw new StageException(string.Join('\n', lines));
    }

    private static void RefuseWithoutGpu(IReadOnlyList<PlanEntry> plan, RunOptions options)
    {
        if (options.Device == "cpu" && plan.FirstOrDefault(p => p.Node.Device == "gpu" && p.Decision != Decision.Hit) is { } entry)
            throw new StageException($"'{entry.Node.Name}' asks for a GPU (run: {{ device: gpu }}) and there is none here. Leave 'run' out to use what there is.");
    }
}
