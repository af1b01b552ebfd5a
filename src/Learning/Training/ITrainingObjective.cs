using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>What is trained, on which examples, towards what: all that differs between supervised and reward training.</summary>
public interface ITrainingObjective
{
    /// <summary>The trained parameters under lasting names.</summary>
    IReadOnlyList<(string Name, Parameter Parameter)> Parameters { get; }

    /// <summary>State beside the parameters that a checkpoint must keep (a queue of features); live tensors.</summary>
    IEnumerable<(string Name, Tensor Value)> Buffers => [];

    /// <summary>How many examples one epoch shows.</summary>
    int Examples { get; }

    /// <summary>Tokens of one example, prompt and branches together.</summary>
    int Tokens(int example);

    /// <summary>
    /// Forward and backward over all passes of a step. The gradients are those of the mean over the whole step, however it was cut into passes.
    /// Adds <c>loss</c>, and what else is worth a curve, to the step's tally.
    /// </summary>
    void Accumulate(TrainingStep step);
}
