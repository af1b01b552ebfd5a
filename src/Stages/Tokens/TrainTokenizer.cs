using System.ComponentModel.DataAnnotations;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Stages.Ahead;

namespace DataflowRlhf.Stages.Tokens;

/// <summary>Learns a byte-level vocabulary on the prompts and responses of the training split.</summary>
[Stage("train-tokenizer", "Learns a byte-level BPE vocabulary on the texts of the pairs.")]
[Example(Examples.Tokens)]
public sealed class TrainTokenizer(TrainTokenizer.Options options) : Stage
{
    public sealed record Options
    {
        [Option("Tokens in all: two special ones, 256 bytes and the learnt ones. Default: 4096.")]
        [Range(258, 1_000_000)]
        public int VocabSize { get; init; } = 4096;

        [Option("A pair of tokens seen less often makes no new one. Default: 2.")]
        [Range(1, int.MaxValue)]
        public int MinFrequency { get; init; } = 2;
    }

    public override StagePorts Ports { get; } = new([new DatasetPort("pairs", Columns.Prompt, Columns.Chosen, Columns.Rejected) { Only = (Columns.Split.Name, "train") }], Output.ModelOf(ModelWords.Tokenizer));

    /// <inheritdoc/>
    public override Outlook Foresee(IForesight ahead) => new() { Promise = new ForeseenVocabulary(options.VocabSize) };

    public override async Task RunAsync(IStageRun run)
    {
        var settings = new BpeTrainer.Options { VocabSize = options.VocabSize, MinFrequency = options.MinFrequency };
        var tokenizer = await BpeTrainer.TrainAsync(Texts(run), settings, run.OutputFolder, run.Stopping);
        run.Summarize("vocab_size", tokenizer.VocabSize);
        if (tokenizer.VocabSize < options.VocabSize)
            run.Warn($"The texts hold pairs for {tokenizer.VocabSize} tokens only, not {options.VocabSize}.");
    }

    private static async IAsyncEnumerable<string> Texts(IStageRun run)
    {
        var (rows, used) = (0L, 0L);
        await foreach (var batch in run.Read("pairs"))
        {
            run.Stopping.ThrowIfCancellationRequested();
            var split = batch.Has(Columns.Split) ? batch.Get(Columns.Split) : null;
            var (prompt, chosen, rejected) = (batch.Get(Columns.Prompt), batch.Get(Columns.Chosen), batch.Get(Columns.Rejected));
            for (var i = 0; i < batch.Rows; i++)
            {
                if (split is not null && split[i] != "train")
                    continue;
                used++;
                yield return prompt[i];
                yield return chosen[i];
                yield return rejected[i];
            }
            rows += batch.Rows;
            run.Progress(rows, null, "rows");
        }
        if (used == 0)
            throw new StageException($"There is nothing to learn from: none of the {rows} rows is in split train.");
        run.Summarize("rows", used);
    }
}
