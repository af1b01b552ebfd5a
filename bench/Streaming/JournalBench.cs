using System.Diagnostics;
using System.Text;
using System.Text.Json;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Bench;

/// <summary>What it costs that a killed stage goes on where it was: 200 MB of text tokenized while what is made is kept on the way, and while it is not.</summary>
internal static class JournalBench
{
    private const long Bytes = 200_000_000;
    private const int Runs = 3;

    public static async Task<IEnumerable<Figure>> RunAsync(string file)
    {
        var folder = Directory.CreateTempSubdirectory("bench-").FullName;
        var data = Path.Combine(folder, "pairs.jsonl");
        Repeat(file, data);
        await File.WriteAllTextAsync(Path.Combine(folder, "bench.yaml"), $$"""
            pipeline: tokens
            stages:
              few:       { uses: read-preferences, with: { path: {{JsonSerializer.Serialize(file)}} } }
              pairs:     { uses: read-preferences, with: { path: {{JsonSerializer.Serialize(data)}} } }
              tokenizer: { uses: train-tokenizer, from: few, with: { vocab-size: 8192 } }
              tokens:    { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer }, with: { max-tokens: 2048 } }
            """);
        var checkedFile = PipelineFile.Check(Path.Combine(folder, "bench.yaml"), [], new StageRegistry(typeof(Stages.Columns).Assembly));
        if (checkedFile.Graph is not { } graph)
            throw new InvalidOperationException(string.Join('\n', checkedFile.Mistakes));
        var figures = new List<Figure>();
        foreach (var (name, every) in new[] { ("kept every 10 s", TimeSpan.FromSeconds(10)), ("never kept", Timeout.InfiniteTimeSpan) })
        {
            var seconds = new List<double>();
            for (var run = 0; run <= Runs; run++)
            {
                using var store = ArtifactStore.Open(Path.Combine(folder, "store"), TimeProvider.System);
                var options = new RunOptions { KeepEvery = every, Force = run == 0 && figures.Count == 0 ? [] : new HashSet<string> { "tokens" } };
                var clock = Stopwatch.StartNew();
                var result = await new Engine(store, TimeProvider.System).RunAsync(graph, options, new Silence(), CancellationToken.None);
                if (result.Outcome != RunOutcome.Done)
                    throw new InvalidOperationException(result.Message);
                if (run > 0)
                    seconds.Add(result.Artifacts["tokens"].Seconds);
            }
            figures.Add(Figure.Of($"tokenize 200 MB of pairs from the store, {name}", "s", [.. seconds]));
        }
        Directory.Delete(folder, recursive: true);
        return figures;
    }

    /// <summary>The file's lines again and again until there is enough; each time another number stands before the text, so that no row is like another.</summary>
    private static void Repeat(string file, string into)
    {
        var lines = Texts.Read(file);
        using var writer = new StreamWriter(into, false, new UTF8Encoding(false));
        for (long written = 0, round = 0; written < Bytes; round++)
            foreach (var (chosen, rejected) in lines)
            {
                if (written >= Bytes)
                    break;
                var line = JsonSerializer.Serialize(new { chosen = Numbered(chosen, round), rejected = Numbered(rejected, round) });
                written += line.Length;
                writer.WriteLine(line);
            }
    }

    private static string Numbered(string dialogue, long round) => dialogue.StartsWith("\n\nHuman: ", StringComparison.Ordinal) ? $"\n\nHuman: {round} {dialogue[9..]}" : dialogue;
}
