using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Memory;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Stages.Ahead;
using TorchSharp;

namespace DataflowRlhf.Stages.Training;

/// <summary>Supervised fine-tuning of a language model on the chosen responses: from a model, or from nothing with a Llama-like decoder of the given size.</summary>
[Stage("train-sft", "Trains a language model on the chosen responses.")]
[Example(Examples.Policy)]
public sealed class TrainSft : Stage
{
    private readonly Options options;

    public TrainSft(Options options)
    {
        this.options = options;
        if (options.HiddenSize % options.Heads != 0)
            throw new OptionException("hidden-size", $"{options.HiddenSize} is not a multiple of heads, {options.Heads}", $"hidden-size: {options.Heads * Math.Max(1, options.HiddenSize / options.Heads)}");
        if (options.Heads % (options.KvHeads ?? options.Heads) != 0)
            throw new OptionException("kv-heads", $"heads, {options.Heads}, is not a multiple of {options.KvHeads}", $"kv-heads: {options.Heads}");
        if (options.HiddenSize / options.Heads % 2 != 0)
            throw new OptionException("heads", $"a head of {options.HiddenSize / options.Heads} cannot be rotated: hidden-size / heads must be even", "heads: " + options.HiddenSize / 2);
    }

    /// <summary>Which tokens are learnt.</summary>
    public enum Learnt
    {
        Responses,
        Everything,
    }

    public sealed record Options : TrainingOptions
    {
        [InputPath]
        [Option("The folder of the language model to start from; without it, port init, else a new model. Default: none.")]
        public string? Init { get; init; }

        [InputPath]
        [Option("The tokenizer's folder; without it, port tokenizer, else the one beside init. Default: none.")]
        public string? Tokenizer { get; init; }

        [Option("Rows an optimizer step. Default: 32.")]
        [Range(1, 1_000_000)]
        public int BatchSize { get; init; } = 32;

        [Option("The highest learning rate. Default: 2e-5.")]
        [Range(0.0, 10.0)]
        public double LearningRate { get; init; } = 2e-5;

        [Option("The tokens to learn: responses, or everything, the prompt too. Default: responses.")]
        public Learnt TrainOn { get; init; }

        [Option("Dropout while training. Default: 0.")]
        [Range(0, 0.99)]
        public double Dropout { get; init; }

        [Option("New model: width. Default: 128.")]
        [Range(2, 65536)]
        public int HiddenSize { get; init; } = 128;

        [Option("New model: layers. Default: 4.")]
        [Range(1, 1024)]
        public int Layers { get; init; } = 4;

        [Option("New model: attention heads. Default: 4.")]
        [Range(1, 1024)]
        public int Heads { get; init; } = 4;

        [Option("New model: heads of keys and values. Default: as many as heads.")]
        [Range(1, 1024)]
        public int? KvHeads { get; init; }

        [Option("New model: width of the feed-forward layers. Default: four times the width.")]
        [Range(1, 1_000_000)]
        public int? FfnSize { get; init; }

        [Option("New model: tokens it can take. Default: 1024.")]
        [Range(2, 1_000_000)]
        public int MaxPositions { get; init; } = 1024;

        [Option("New model: the output shares the input's embeddings. Default: true.")]
        public bool TieEmbeddings { get; init; } = true;
    }

    public override StagePorts Ports
    {
        get
        {
            List<InputPort> inputs = [new DatasetPort("pairs", Columns.PromptIds, Columns.ChosenIds) { Streams = false, Only = (Columns.Split.Name, "train") }];
            if (options.Init is null)
                inputs.Add(new ModelPort("init", ModelWords.Language) { Optional = true });
            if (options.Tokenizer is null)
                inputs.Add(new ModelPort("tokenizer") { Optional = true });
            return new StagePorts(inputs, Output.ModelOf(ModelWords.Language));
        }
    }

    public override bool UsesDevice => true;

    /// <inheritdoc/>
    public override Outlook? Foresee(IForesight ahead)
    {
        var adapts = options.Init is not null || ahead.Has("init");
        var config = adapts ? Foreseen.Model(ahead, options.Init, "init")
            : Foreseen.Vocabulary(ahead, options.Tokenizer, "tokenizer") is { } vocabulary ? NewConfig(vocabulary) : null;
        if (config is null)
            return null;
        var rows = ahead.Promise("pairs") as ForeseenRows;
        var needs = rows is null ? new Outlook() : Needs(config, Foreseen.Groups(rows, options.BatchSize, 1, Group), adapts, ahead.Device);
        return needs with { AtMost = rows?.Known == false, Promise = new ForeseenModel(config), Held = options.Held(config, adapts, m => StepMemory.Language(m, default)) };
    }

    private GroupLength Group(ForeseenRow row) => options.TrainOn == Learnt.Everything
        ? new(row.Prompt + row.Chosen, row.Prompt + row.Chosen - 1, 1)
        : new(row.Prompt + row.Chosen, row.Chosen, 1);

    private Outlook Needs(DecoderConfig config, IReadOnlyList<GroupLength> groups, bool adapts, string device) => new()
    {
        Bytes = Foreseen.Passes(groups, options.BatchSize, options.TokensPerPass).Max(p => StepMemory.Language(options.Shape(config, options.Dropout), p.Pass).Peak(device)),
        Lower = options.Lower(adapts),
    };

    public override async Task RunAsync(IStageRun run)
    {
        var init = Trained.Folder(run, options.Init, "init");
        var tokenizer = Trained.Folder(run, options.Tokenizer, "tokenizer") ?? init
            ?? throw new StageException("There is nothing to start from: neither a model nor a tokenizer. Write  from: { pairs: …, tokenizer: … }  or  with: { init: … }.");
        if (init is null && options.LoraRank > 0)
            throw new StageException("lora-rank trains adapters beside a model that is there already, and this one would be new. Write  with: { init: FOLDER }  or  lora-rank: 0.");
        var config = init is null ? NewConfig(TextTokenizer.Load(tokenizer)) : DecoderConfig.Read(init);
        var (train, held, quarantined) = await ReadAsync(run, config);
        if (train.Count == 0)
            throw new StageException("No row to train on: 'pairs' has none of split 'train' that the model can take.");
        Foreseen.Warn(run, Needs(config, [.. train.Select(e => Group(new(e.Prompt.Length, e.Response.Length, 0)))], init is not null, run.Device));
        Train(run, init, config, tokenizer, train, held, quarantined);
    }

    private void Train(IStageRun run, string? init, DecoderConfig config, string tokenizer, List<SftExample> train, List<SftExample> held, int quarantined)
    {
        var device = torch.device(run.Device);
        using var model = init is null
            ? ModelFolder.CreateCausalLm(config, (long)(SeededRandom.Mix(run.Seed, "weights") >> 1), device, options.Precision.Type())
            : ModelFolder.LoadCausalLm(init, device, options.Precision.Type());
        model.Decoder.Dropout = options.Dropout;
        model.Decoder.Recomputes = options.Recompute;
        LowRank.Adapt(run, options.Lora, model.Adapt);
        var trainer = new SftTrainer(model, train, options.TrainOn == Learnt.Everything, device);
        IEnumerable<(string, double)> Measure()
        {
            var (loss, accuracy) = trainer.Measure(held, options.TokensPerPass, run.Stopping);
            return [("validation_loss", loss), ("validation_accuracy", accuracy), ("validation_perplexity", Math.Exp(loss))];
        }
        var curves = Trained.Run(run, trainer, options.Settings(run, options.LearningRate, options.BatchSize), held.Count == 0 ? null : Measure, options.Lower(init is not null));
        List<(string Name, JsonNode? Value)> results =
        [
            ("rows", train.Count), ("validation_rows", held.Count), ("quarantined", quarantined), ("steps", curves["loss"].Count),
            ("parameters", model.parameters().Sum(p => p.numel())), ("trained_parameters", trainer.Parameters.Sum(p => p.Parameter.numel())),
            ("loss", curves.Final("loss")), ("accuracy", curves.Final("accuracy")),
            .. new[] { "validation_loss", "validation_accuracy", "validation_perplexity" }
                .Where(n => curves[n].Count > 0).Select(n => (n, (JsonNode?)curves[n][^1].Value)),
        ];
        foreach (var (name, value) in results)
            run.Summarize(name, value?.DeepClone());
        LowRank.Leave(run, model, options.Init);
        ModelFolder.Save(model, run.OutputFolder, tokenizer,
            ModelCard.Write(run, "train-sft", "A language model, fine-tuned on chosen responses.", options, results));
    }

    private DecoderConfig NewConfig(TextTokenizer tokenizer) =>
        NewConfig(tokenizer.VocabSize) with { EosTokenId = tokenizer.EosId, PadTokenId = tokenizer.PadId, BosTokenId = tokenizer.BosId };

    private DecoderConfig NewConfig(int vocabulary)
    {
        return new DecoderConfig
        {
            ModelType = "llama",
            VocabSize = vocabulary,
            HiddenSize = options.HiddenSize,
            Layers = options.Layers,
            Heads = options.Heads,
            KvHeads = options.KvHeads ?? options.Heads,
            HeadDim = options.HiddenSize / options.Heads,
            FfnSize = options.FfnSize ?? 4 * options.HiddenSize,
            MaxPositions = options.MaxPositions,
            RopeTheta = 10000,
            NormEps = 1e-5,
            TieEmbeddings = options.TieEmbeddings,
        };
    }

    private static async Task<(List<SftExample> Train, List<SftExample> Held, int Quarantined)> ReadAsync(IStageRun run, DecoderConfig config)
    {
        var (positions, vocabulary) = (config.Longest, Vocabulary.Of(config));
        List<SftExample> train = [], held = [];
        var quarantined = 0;
        await foreach (var batch in run.Read("pairs"))
        {
            run.Stopping.ThrowIfCancellationRequested();
            var prompts = batch.Get(Columns.PromptIds);
            var responses = batch.Get(Columns.ChosenIds);
            var splits = batch.Has(Columns.Split) ? batch.Get(Columns.Split) : null;
            for (var row = 0; row < batch.Rows; row++)
            {
                var split = splits?[row] ?? "train";
                if (split is not ("train" or "validation"))
                    continue;
                vocabulary.Check(batch, row, Columns.PromptIds, Columns.ChosenIds);
                if (Problem(prompts[row], responses[row], positions) is { } problem)
                {
                    run.Quarantine(batch, row, problem);
                    quarantined++;
                    continue;
                }
                (split == "train" ? train : held).Add(new SftExample(prompts[row], responses[row]));
            }
        }
        return (train, held, quarantined);
    }

    private static string? Problem(int[] prompt, int[] response, int positions) =>
        prompt.Length == 0 || response.Length == 0 ? "prompt_ids or chosen_ids is empty"
        : prompt.Length + response.Length > positions ? $"prompt and response are {prompt.Length + response.Length} tokens; the model takes {positions} (tokenize with a smaller max-tokens)"
        : null;
}
