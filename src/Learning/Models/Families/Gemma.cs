using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models.Families;

/// <summary>Gemma (Gemma Team 2024): Llama with norms that multiply by 1 + weight, embeddings times √hidden, GELU in its gate, tied embeddings.</summary>
internal sealed class Gemma : LlamaLike
{
    public override string ModelType => "gemma";
    public override (string Language, string Classifier) Classes => ("GemmaForCausalLM", "GemmaForSequenceClassification");
    public override string Activation => "gelu_pytorch_tanh";
    public override bool NormAddsOne => true;
    public override bool ScalesEmbeddings => true;
    protected override bool Ties => true;
    protected override int UsualHeadDim => 256;

    public override DecoderConfig Read(ConfigFields fields) => fields.Flag("use_bidirectional_attention", false)
        ? throw fields.Wrong("use_bidirectional_attention: true is not supported; false is")
        : base.Read(fields);

    protected override string ReadActivation(ConfigFields fields) => Activations.Read(fields, fields.Has("hidden_activation") ? "hidden_activation" : "hidden_act", Activation);

    public override void Write(DecoderConfig config, JsonObject json)
    {
        base.Write(config, json);
        json["hidden_activation"] = config.Activation ?? Activation; // transformers 4 reads this one, 5 the other
    }
}
