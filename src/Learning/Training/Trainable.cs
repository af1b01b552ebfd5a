using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

internal static class Trainable
{
    /// <summary>The parameters that are not frozen, under their names.</summary>
    public static IReadOnlyList<(string Name, Parameter Parameter)> Of(nn.Module module) =>
        [.. module.named_parameters().Where(p => p.parameter.requires_grad).Select(p => (p.name, p.parameter))];
}
