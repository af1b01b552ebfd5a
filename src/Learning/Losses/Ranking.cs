using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Losses;

/// <summary>Losses over K responses of a prompt, best first: (prompts, K) in, (prompts) out.</summary>
public static class Ranking
{
    /// <summary>1 / C(K, 2) · Σ_{i&lt;j} −log σ(s_i − s_j): every comparison of one prompt, each prompt weighing the same (InstructGPT, book (6)).</summary>
    public static Tensor ComparisonsPerPrompt(Tensor scores)
    {
        var k = scores.size(-1);
        var losses = -nn.functional.logsigmoid(scores.unsqueeze(-1) - scores.unsqueeze(-2));
        return losses.triu(1).sum([-2L, -1L]) / (k * (k - 1) / 2.0);
    }

    /// <summary>−Σ_{i&lt;K} log(exp s_(i) / Σ_{j≥i} exp s_(j)): Plackett–Luce, the K-wise loss of Starling.</summary>
    public static Tensor PlackettLuce(Tensor scores)
    {
        var k = (int)scores.size(-1);
        var terms = Enumerable.Range(0, k - 1).Select(i => scores.narrow(-1, i, k - i).logsumexp(-1) - scores.select(-1, i));
        return stack(terms, -1).sum(-1);
    }
}
