using System.Text.Json;
using DataflowRlhf.Bench;

// Every measurement prints one JSON line a figure; the data is a file of JSON lines with `chosen` and `rejected` texts.
const string usage = """
    bench tokenize FILE.jsonl [DIR]  byte-level BPE of 8192 learnt on the file, then 50 MB of its texts, one thread; DIR gets the tokenizer for bench/readers
    bench train FILE.jsonl        reward model, 1000 pairs, batches of 16, one epoch (hidden 256, 4 layers) and the quickstart's size
    bench generate FILE.jsonl     64 prompts x 4 samples x 64 new tokens
    bench parquet                 a million rows of three texts, a list of int32, a float, a double: write and read
    bench pipeline                a million rows through five row stages into the store
    bench stream [rows|bulk|memory]
                                  a million rows through five stages beside raw channels and a bare loop; 10 GB through three; memory at 100 times the rows
    bench journal FILE.jsonl      200 MB tokenized, with and without keeping what a killed run would go on from
    bench memory [KIND]           training steps of several sizes, the peak predicted and measured: all, or sft, reward, contrast, lm, meta, ppo
    bench crash [--trials 200] [--seed 1] [--at-once 1] [--power | --full | --kind kill|interrupt|fault|two] [--keep DIR]
                                  kills runs at random moments and holds what the last one leaves against an undisturbed run's;
                                  --power: what was not flushed is lost (needs strace); --full: the disk is (needs the right to mount)
    bench samples DIR             writes Parquet files in every compression and encoding, for bench/readers to check
    """;
var what = args.FirstOrDefault() ?? "";
if (what is not ("parquet" or "pipeline" or "memory" or "crash" or "stream") && args.Length < 2)
{
    Console.Error.WriteLine(usage);
    return 2;
}
if (what == "memory")
{
    if (args.Length > 1 && args[1].StartsWith('{'))
        MemoryBench.Child(args[1]);
    else
        await MemoryBench.RunAsync(args.ElementAtOrDefault(1));
    return 0;
}
if (what == "crash")
    return await CrashBench.RunAsync(args);
if (what == "crash-child")
    return await CrashChild.RunAsync(args[1], args[2]);
if (what == "stream-child")
{
    Console.WriteLine(JsonSerializer.Serialize(await StreamRun.HereAsync(args[1], int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture))));
    return 0;
}
if (what == "stream")
{
    await foreach (var figure in StreamBench.RunAsync(args.ElementAtOrDefault(1)))
        Console.WriteLine(JsonSerializer.Serialize(figure));
    return 0;
}
if (what == "samples")
{
    await ParquetSamples.WriteAsync(args[1]);
    return 0;
}
foreach (var figure in what switch
{
    "tokenize" => TokenizeBench.Run(args[1], args.ElementAtOrDefault(2)),
    "train" => TrainBench.Run(args[1]),
    "generate" => GenerateBench.Run(args[1]),
    "journal" => await JournalBench.RunAsync(args[1]),
    "parquet" => await ParquetBench.RunAsync(),
    "pipeline" => await PipelineBench.RunAsync(),
    _ => throw new ArgumentException($"'{what}' is not measured here.\n{usage}"),
})
    Console.WriteLine(JsonSerializer.Serialize(figure));
return 0;
