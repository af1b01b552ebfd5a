using System.ComponentModel.DataAnnotations;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>What every stage that reads files can be told.</summary>
public abstract record ReadingOptions
{
    [Option("A file, a folder or a glob of .parquet, .jsonl, .jsonl.gz and .jsonl.zst, read in the order of their names.")]
    [InputPath]
    public required string Path { get; init; }

    [Option("Take this many rows of the files and look no further; a ranked list is one. Default: none, all rows.")]
    [Range(1, int.MaxValue)]
    public int? MaxRows { get; init; }

    [Option("Share of the prompts held out for validation, chosen by a hash of the prompt's opening, so that a dialogue, its continuations and near copies stay on one side; not used where the files have a split column. Default: 0.05.")]
    [Range(0.0, 0.9)]
    public double Validation { get; init; } = 0.05;

    [Option("Another number draws other prompts for validation. Default: 0.")]
    [Range(0, int.MaxValue)]
    public int SplitSeed { get; init; }
}
