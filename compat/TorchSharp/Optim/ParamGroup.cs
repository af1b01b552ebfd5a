namespace TorchSharp.Modules;

/// <summary>Parameters that share their settings.</summary>
public class ParamGroup : torch.optim.ILearningRateController
{
    public IEnumerable<Parameter> Parameters { get; set; } = [];

    public OptimizerOptions Options { get; set; } = new();

    public double LearningRate
    {
        get => Options.LearningRate!.Value;
        set => Options.LearningRate = value;
    }

    public double InitialLearningRate
    {
        get => Options.InitialLearningRate;
        set => Options.InitialLearningRate = value;
    }

    /// <summary>Fills what the group leaves open from the optimizer's own settings.</summary>
    internal void Start(double rate)
    {
        Parameters = [.. Parameters];
        Options.LearningRate ??= rate;
        Options.InitialLearningRate = Options.LearningRate.Value;
    }
}
