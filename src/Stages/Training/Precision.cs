using TorchSharp;

namespace DataflowRlhf.Stages.Training;

/// <summary>The type of a model's weights.</summary>
public enum Precision
{
    Float32,
    Bfloat16,
}

internal static class Precisions
{
    public static torch.ScalarType Type(this Precision precision) =>
        precision == Precision.Bfloat16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32;
}
