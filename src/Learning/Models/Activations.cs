using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>The functions between an MLP's layers, by the names that configs have for them.</summary>
internal static class Activations
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> All = new(StringComparer.Ordinal)
    {
        ["silu"] = x => nn.functional.silu(x),
        ["swish"] = x => nn.functional.silu(x),
        ["gelu"] = x => nn.functional.gelu(x),
        ["gelu_new"] = GeluTanh,
        ["gelu_pytorch_tanh"] = GeluTanh,
        ["gelu_fast"] = GeluTanh,
        ["relu"] = x => nn.functional.relu(x),
    };

    public static Func<Tensor, Tensor> Of(string name) => All[name];

    /// <summary>The name in a config's field, checked.</summary>
    public static string Read(ConfigFields fields, string field, string otherwise) => fields.Text(field) is not { } name ? otherwise : All.ContainsKey(name) ? name
        : throw fields.Wrong($"{field} '{name}' is not supported; {string.Join(", ", All.Keys)} are");

    /// <summary>½ x (1 + tanh(√(2/π) (x + 0.044715 x³))) (Hendrycks and Gimpel 2016).</summary>
    private static Tensor GeluTanh(Tensor x) => x * 0.5 * ((x + (x.pow(3) * 0.044715)).mul(Math.Sqrt(2 / Math.PI)).tanh() + 1);
}
