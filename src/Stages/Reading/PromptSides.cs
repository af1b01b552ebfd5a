using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>
/// The side of each prompt. Where the file names no split, a hash of the prompt's opening (as <see cref="PromptText.Normal"/> has it) and a seed decides, so that
/// a dialogue, its continuations and its near copies stay together. A prompt is never on two sides: the first row decides. 64-bit hashes are kept, no texts.
/// </summary>
internal sealed class PromptSides(double validation, ulong seed)
{
    private readonly string salt = seed == 0 ? "preference-split:" : $"preference-split:{seed}:";
    private readonly Dictionary<ulong, string> exact = [];
    private readonly Dictionary<ulong, (bool Train, int Held)> near = [];

    public long ValidationRows { get; private set; }

    /// <summary>The side of a row, by its own split where it has one.</summary>
    public bool TryPlace(IReadOnlyDictionary<string, object?> values, string prompt, out string split, out string reason)
    {
        reason = "";
        var known = exact.GetValueOrDefault(PromptText.Hash(prompt));
        if (values.GetValueOrDefault("split") is not { } given)
        {
            split = known ?? Drawn(prompt);
            return true;
        }
        split = given switch
        {
            "train" => "train",
            "validation" or "valid" or "val" or "test" or "eval" => "validation",
            "ood" => "ood",
            _ => "",
        };
        reason = split.Length == 0 ? $"split is '{given}'; train, validation and ood are possible"
            : known is not null && known != split ? $"its prompt is in split {known} already, and a prompt is never on two sides"
            : "";
        return reason.Length == 0;
    }

    /// <summary>Notes a row that was taken.</summary>
    public void Add(string prompt, string split)
    {
        ValidationRows += split == "validation" ? 1 : 0;
        exact.TryAdd(PromptText.Hash(prompt), split);
        var key = PromptText.Hash(PromptText.Normal(prompt));
        var (train, held) = near.GetValueOrDefault(key);
        near[key] = split == "train" ? (true, held) : (train, held + 1);
    }

    /// <summary>Says, and summarises, how many held-out prompts training has as well but for case, white space and punctuation at the ends of lines.</summary>
    public void Report(IStageRun run)
    {
        var held = near.Values.Where(s => s.Held > 0).ToList();
        var leaked = held.Where(s => s.Train).ToList();
        run.Summarize("validation_rows", ValidationRows);
        run.Summarize("leaked_prompts", leaked.Count);
        run.Summarize("leaked_rows", leaked.Sum(s => (long)s.Held));
        if (leaked.Count > 0)
            run.Warn($"{leaked.Count} of {held.Count} held-out prompts ({leaked.Sum(s => (long)s.Held)} rows) are in split train as well, but for case, white space or punctuation at the ends: "
                + "what is measured on them flatters. Leave the files' split column out to have them split by prompt.");
    }

    private string Drawn(string prompt) =>
        PromptText.Hash(salt + PromptText.Normal(Dialogue.Opening(prompt))) / (double)ulong.MaxValue < validation ? "validation" : "train";
}
