using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Stages.Training;

namespace DataflowRlhf.Stages.Tests;

public sealed class VocabularyTests
{
    [Fact]
    public void Rows_of_another_tokenizer_are_refused_before_training()
    {
        using var world = new TinyWorld();
        var model = DecoderConfig.Read(world.RewardModel());
        Vocabulary.Check(model, [[0, model.VocabSize - 1], []]);
        FluentActions.Invoking(() => Vocabulary.Check(model, [[1], [0, model.VocabSize]])).Should().Throw<StageException>()
            .WithMessage($"The rows hold the token {model.VocabSize}, and the model has the tokens 0 to {model.VocabSize - 1} only.*");
    }
}
