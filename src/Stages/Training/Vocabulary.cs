using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Models;

namespace DataflowRlhf.Stages.Training;

/// <summary>The tokens that a model knows: looked at before a model is given any, since one too many ends a process on a GPU.</summary>
/// <param name="Size">The tokens are 0 to this less 1.</param>
/// <param name="Whose">Which model, such as <c>the model of 'baseline'</c>.</param>
internal sealed record Vocabulary(int Size, string Whose)
{
    /// <summary>That of one model.</summary>
    public static Vocabulary Of(DecoderConfig model, string whose = "the model") => new(model.VocabSize, whose);

    /// <summary>The smallest of several models.</summary>
    public static Vocabulary Of(IEnumerable<ArtifactInput> models) =>
        models.Select(m => Of(DecoderConfig.Read(m.Folder), $"the model of '{m.Stage}'")).MinBy(v => v.Size)!;

    /// <exception cref="StageException">A row's token is beyond the vocabulary: the rows were tokenized for another model.</exception>
    public void Check(Batch batch, int row, params ReadOnlySpan<Column<int[]>> columns)
    {
        foreach (var column in columns)
            if (Unknown(batch.Get(column)[row]) is { } id)
                throw new StageException($"Row {(batch.Has(Columns.RowId) ? $"'{batch.Get(Columns.RowId)[row]}'" : batch.Number + " " + row)} holds the token {id} in {column.Name}{Beyond}");
    }

    /// <param name="what">What holds them, such as <c>A response of 'sft'</c>.</param>
    /// <exception cref="StageException">A token is beyond the vocabulary.</exception>
    public void Check(int[] ids, string what)
    {
        if (Unknown(ids) is { } id)
            throw new StageException($"{what} holds the token {id}{Beyond}");
    }

    private string Beyond => $", and {Whose} has the tokens 0 to {Size - 1} only. Tokenize with the model's own tokenizer:  write: tokenize with: {{ tokenizer: FOLDER }}";

    private int? Unknown(ReadOnlySpan<int> ids)
    {
        foreach (var id in ids)
            if ((uint)id >= (uint)Size)
                return id;
        return null;
    }
}
