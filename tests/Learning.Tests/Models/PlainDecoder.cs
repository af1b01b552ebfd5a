using DataflowRlhf.Learning.Models;
using TorchSharp;

namespace DataflowRlhf.Learning.Tests.Models;

/// <summary>Llama-like decoders and GPT-NeoX once more, for one sequence, number by number in double: no packing, no cache, no tensors.</summary>
internal sealed class PlainDecoder
{
    private readonly DecoderConfig config;
    private readonly Dictionary<string, double[]> weights;
    private readonly bool neox;

    public PlainDecoder(CausalLm model)
    {
        config = model.Decoder.Config;
        weights = model.Decoder.Named.ToDictionary(n => n.Name, n => n.Value.detach().to(torch.ScalarType.Float64).contiguous().data<double>().ToArray());
        neox = config.ModelType == "gpt_neox";
    }

    /// <summary>Radians a token for pair i of n pairs, in a text of so many tokens.</summary>
    public required Func<int, int, int, double> Turn { get; init; }

    /// <summary>What sines and cosines are multiplied by.</summary>
    public double Sharpness { get; init; } = 1;

    /// <summary>Whether layer i has the sliding window.</summary>
    public Func<int, bool> Slides { get; init; } = _ => true;

    public bool Parallel { get; init; } = true;

    /// <summary>(tokens, hidden) after the last norm.</summary>
    public double[][] Hidden(int[] ids)
    {
        var rows = ids.Select(id => Row(weights[neox ? "embed_in.weight" : "embed_tokens.weight"], id, config.HiddenSize)).ToArray();
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var at = $"layers.{layer}.";
            var mixed = Attend(layer, rows.Select(r => Norm(r, at + "input_layernorm")).ToArray(), at);
            var attended = rows.Zip(mixed, Add).ToArray();
            var read = neox && Parallel ? rows : attended;
            rows = attended.Zip(read.Select(r => Mlp(Norm(r, at + "post_attention_layernorm"), at)), Add).ToArray();
        }
        return rows.Select(r => Norm(r, neox ? "final_layer_norm" : "norm")).ToArray();
    }

    private double[][] Attend(int layer, double[][] rows, string at)
    {
        var (heads, groups, size) = (config.Heads, config.KvHeads, config.HeadDim);
        var (q, k, v) = (new double[rows.Length][][], new double[rows.Length][][], new double[rows.Length][][]);
        for (var t = 0; t < rows.Length; t++)
        {
            if (neox)
            {
                var all = Cut(Linear(rows[t], at + "attention.query_key_value"), 3 * heads, size);
                (q[t], k[t], v[t]) = (Every(all, 3, 0), Every(all, 3, 1), Every(all, 3, 2));
            }
            else
            {
                q[t] = Cut(Linear(rows[t], at + "self_attn.q_proj"), heads, size);
                k[t] = Cut(Linear(rows[t], at + "self_attn.k_proj"), groups, size);
                v[t] = Cut(Linear(rows[t], at + "self_attn.v_proj"), groups, size);
            }
            if (weights.ContainsKey(at + "self_attn.q_norm.weight"))
                (q[t], k[t]) = ([.. q[t].Select(h => Norm(h, at + "self_attn.q_norm"))], [.. k[t].Select(h => Norm(h, at + "self_attn.k_norm"))]);
            foreach (var head in q[t].Concat(k[t]))
                Rotate(head, t, rows.Length);
        }
        var window = config.SlidingWindow > 0 && Slides(layer) ? config.SlidingWindow : int.MaxValue;
        var outputs = new double[rows.Length][];
        for (var t = 0; t < rows.Length; t++)
        {
            var joined = new double[heads * size];
            for (var h = 0; h < heads; h++)
            {
                var group = h / (heads / groups);
                var logits = new double[t + 1];
                for (var s = 0; s <= t; s++)
                    logits[s] = t - s < window ? Dot(q[t][h], k[s][group]) / Math.Sqrt(size) : double.NegativeInfinity;
                var parts = logits.Select(l => Math.Exp(l - logits.Max())).ToArray();
                for (var s = 0; s <= t; s++)
                    for (var i = 0; i < size; i++)
                        joined[(h * size) + i] += parts[s] / parts.Sum() * v[s][group][i];
            }
            outputs[t] = Linear(joined, at + (neox ? "attention.dense" : "self_attn.o_proj"));
        }
        return outputs;
    }

    private void Rotate(double[] head, int position, int length)
    {
        var pairs = (int)(head.Length * config.RotaryShare) / 2;
        for (var i = 0; i < pairs; i++)
        {
            var angle = position * Turn(i, pairs, length);
            var (cos, sin) = (Sharpness * Math.Cos(angle), Sharpness * Math.Sin(angle));
            (head[i], head[i + pairs]) = ((head[i] * cos) - (head[i + pairs] * sin), (head[i + pairs] * cos) + (head[i] * sin));
        }
    }

    private double[] Mlp(double[] x, string at)
    {
        if (neox)
            return Linear([.. Linear(x, at + "mlp.dense_h_to_4h").Select(Gelu)], at + "mlp.dense_4h_to_h");
        var (gate, up) = (Linear(x, at + "mlp.gate_proj"), Linear(x, at + "mlp.up_proj"));
        return Linear([.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)], at + "mlp.down_proj");
    }

    /// <summary>x Φ(x), Φ by Simpson's rule over the normal density from 0 to x.</summary>
    private static double Gelu(double x)
    {
        const int Steps = 400;
        double Density(double at) => Math.Exp(-at * at / 2) / Math.Sqrt(2 * Math.PI);
        var sum = Density(0) + Density(x);
        for (var i = 1; i < Steps; i++)
            sum += Density(x * i / Steps) * (i % 2 == 0 ? 2 : 4);
        return x * (0.5 + (sum * x / Steps / 3));
    }

    private double[] Norm(double[] x, string name)
    {
        var weight = weights[name + ".weight"];
        if (weights.TryGetValue(name + ".bias", out var bias))
        {
            var mean = x.Average();
            var spread = Math.Sqrt(x.Average(v => (v - mean) * (v - mean)) + config.NormEps);
            return [.. x.Select((v, i) => ((v - mean) / spread * weight[i]) + bias[i])];
        }
        var size = Math.Sqrt(x.Average(v => v * v) + config.NormEps);
        return [.. x.Select((v, i) => v / size * weight[i])];
    }

    private double[] Linear(double[] x, string name)
    {
        var weight = weights[name + ".weight"];
        var y = weights.TryGetValue(name + ".bias", out var bias) ? [.. bias] : new double[weight.Length / x.Length];
        for (var o = 0; o < y.Length; o++)
            for (var i = 0; i < x.Length; i++)
                y[o] += weight[(o * x.Length) + i] * x[i];
        return y;
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[] Row(double[] table, int row, int width) => table[(row * width)..((row + 1) * width)];

    private static double[][] Cut(double[] x, int parts, int size) => [.. Enumerable.Range(0, parts).Select(p => Row(x, p, size))];

    private static double[][] Every(double[][] all, int step, int from) => [.. all.Where((_, i) => i % step == from)];
}
