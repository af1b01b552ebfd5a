using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Models;

namespace DataflowRlhf.Stages.Training;

/// <summary>Whether a model knows the tokens it is given.</summary>
internal static class Vocabulary
{
    /// <exception cref="StageException">A token's id lies beyond the model's vocabulary: the rows were tokenized for another model.</exception>
    public static void Check(DecoderConfig model, IEnumerable<int[]> sequences)
    {
        var highest = sequences.Select(s => s.DefaultIfEmpty().Max()).DefaultIfEmpty().Max();
        if (highest >= model.VocabSize)
            throw new StageException($"The rows hold the token {highest}, and the model has the tokens 0 to {model.VocabSize - 1} only. Tokenize with the model's own tokenizer:  write: tokenize with: {{ tokenizer: FOLDER }}");
    }
}
