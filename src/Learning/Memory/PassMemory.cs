using DataflowRlhf.Learning.Models;

namespace DataflowRlhf.Learning.Memory;

/// <summary>Bytes of one forward and backward pass through a decoder and a head, at the moments that can be the highest.</summary>
internal sealed class PassMemory
{
    private const int Wide = 4;
    private readonly ModelShape model;
    private readonly LayerMemory layer;

    public PassMemory(ModelShape model, PassShape pass)
    {
        this.model = model;
        var config = model.Config;
        layer = new LayerMemory(config, pass, model.Size, model.Lora, model.Drops);
        // Around the layers: embeddings, the final norm's three, the rotary tables with the angles they came from, indices, masks (once more while they are filled).
        var tables = config.Family.Names.Positions is null ? pass.Tokens * config.RotaryDim * ((3.5 * Wide) + (model.Bfloat16 ? 4 : 0)) : 0;
        var finalNorm = config.Family.LayerNorm ? layer.Hidden : model.Bfloat16 ? 8 * layer.Hidden : 3 * layer.Hidden;
        var embedded = (1 + (config.Family.Names.Positions is null ? 0 : 2) + (config.Family.ScalesEmbeddings ? 1 : 0) + (model.Drops ? 2 : 0)) * layer.Hidden;
        Around = embedded + finalNorm + (long)tables + (2 * pass.Squares) + (pass.Tokens * 8 * 6);
        var layers = config.Layers;
        Boundaries = layers * layer.Hidden;
        Kept = Around + (model.Recomputes ? Boundaries : layers * layer.Kept);
        Forward = model.Recomputes ? layer.Made : layer.Made - layer.Kept;
        // An embedding that is the output too holds the output's gradient until its own comes.
        var shared = config.TieEmbeddings && !model.Recomputes && model.Lora is null ? model.Embedding * model.Size : 0;
        SharedGradient = shared;
        Backward = model.Recomputes
            ? Math.Max(layer.Made, layer.Kept + Math.Max(layer.BackThroughMlp, layer.BackThroughAttention - layer.KeptByMlp)) + (2 * layer.Hidden)
            : Math.Max(layer.BackThroughMlp, layer.BackThroughAttention - layer.KeptByMlp);
    }

    /// <summary>What surrounds the layers.</summary>
    public long Around { get; }

    /// <summary>What each layer was given; still held when the pass is over.</summary>
    public long Boundaries { get; }

    /// <summary>All that waits for the way back.</summary>
    public long Kept { get; }

    /// <summary>The last layer's own on the way up, on top of <see cref="Kept"/>.</summary>
    public long Forward { get; }

    /// <summary>On the way back, on top of <see cref="Kept"/>.</summary>
    public long Backward { get; }

    /// <summary>Held on the way back where embeddings are the output too.</summary>
    public long SharedGradient { get; }
}
