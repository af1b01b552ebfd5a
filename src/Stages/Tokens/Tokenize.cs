using System.ComponentModel.DataAnnotations;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Stages.Ahead;

namespace DataflowRlhf.Stages.Tokens;

/// <summary>
/// Texts to token ids. A prompt gets what the tokenizer puts in front of a text (a begin-of-text token, say), a response gets the end-of-text token.
/// A response is never cut: one that does not fit is put aside. With a chat template, prompt and response are what it writes, special tokens and all.
/// </summary>
[Stage("tokenize", "Turns prompts and responses, or prompts alone, into token ids.")]
[Example(Examples.Tokens)]
public sealed class Tokenize(Tokenize.Options options) : RowStage
{
    private TextTokenizer? tokenizer;
    private ChatWriter? chat;
    private int eos;

    public sealed record Options
    {
        [Option("A Hugging Face folder with a tokenizer.json, where no tokenizer is fed. Default: none, the tokenizer port.")]
        [InputPath]
        public string? Tokenizer { get; init; }

        [Option("What the rows hold, and the name of the port: pairs, or prompts (alone, as read-prompts leaves them). Default: pairs.")]
        public TokenizedRows What { get; init; }

        [Option("How a conversation is written: none (as it stands), from-tokenizer (by the chat template in the tokenizer's folder), chatml, llama2, llama3, mistral, gemma or zephyr. Default: none.")]
        public string ChatTemplate { get; init; } = ChatWriter.None;

        [Option("The longest prompt and response together, in tokens, end-of-text included. Default: 512.")]
        [Range(4, 1 << 20)]
        public int MaxTokens { get; init; } = 512;

        [Option("What becomes of a pair that is longer: truncate-prompt-left, drop or error. Default: truncate-prompt-left.")]
        public OverLong OverLong { get; init; } = OverLong.TruncatePromptLeft;
    }

    public override StagePorts Ports { get; } = new(
        [
            options.What == TokenizedRows.Pairs ? new DatasetPort("pairs", Columns.Prompt, Columns.Chosen, Columns.Rejected) : new DatasetPort("prompts", Columns.Prompt),
            .. options.Tokenizer is null ? [new ModelPort("tokenizer")] : Array.Empty<InputPort>(),
        ],
        options.What == TokenizedRows.Pairs ? Output.Through("pairs", Columns.PromptIds, Columns.ChosenIds, Columns.RejectedIds) : Output.Through("prompts", Columns.PromptIds));

    /// <inheritdoc/>
    public override Outlook Foresee(IForesight ahead) => new() { Promise = ahead.Left is { } left ? ForeseenRows.Of(left, options.MaxTokens) : new ForeseenRows([], options.MaxTokens) };

    public override Task PrepareAsync(IStageRun run)
    {
        var folder = options.Tokenizer is { } path ? run.Resolve(path) : run.Artifact("tokenizer").Folder;
        try
        {
            tokenizer = TextTokenizer.Load(folder);
        }
        catch (TokenizerFileException e)
        {
            throw new StageException(e.Message, e);
        }
        eos = tokenizer.EosId
            ?? throw new StageException($"{folder}: the tokenizer names no end-of-text token, which every response needs. Write an eos_token into its tokenizer_config.json.");
        chat = ChatWriter.Of(options.ChatTemplate, tokenizer);
        return Task.CompletedTask;
    }

    public override Batch Map(Batch batch, IStageRun run)
    {
        var made = options.What == TokenizedRows.Pairs ? Pairs(batch, run) : Prompts(batch, run);
        run.Count("tokens", new[] { Columns.PromptIds, Columns.ChosenIds, Columns.RejectedIds }.Where(made.Has).Sum(c => made.Get(c).Sum(ids => (long)ids.Length)));
        return made;
    }

    private Batch Prompts(Batch batch, IStageRun run)
    {
        var prompts = batch.Get(Columns.Prompt);
        var (rows, ids) = (new List<int>(batch.Rows), new List<int[]>(batch.Rows));
        for (var i = 0; i < batch.Rows; i++)
        {
            run.Stopping.ThrowIfCancellationRequested();
            var row = (Prompt: prompts[i], Chosen: "", Rejected: "");
            if (chat is not null && !TryWrite(batch, i, ref row, run))
                continue;
            if (Fit(batch, i, (PromptIds(row.Prompt), [], []), run) is not { } prompt)
                continue;
            rows.Add(i);
            ids.Add(prompt);
        }
        return (rows.Count == batch.Rows ? batch : batch.Select([.. rows])).With(Columns.PromptIds, [.. ids]);
    }

    private Batch Pairs(Batch batch, IStageRun run)
    {
        var (prompts, chosen, rejected) = (batch.Get(Columns.Prompt), batch.Get(Columns.Chosen), batch.Get(Columns.Rejected));
        var rows = new List<int>(batch.Rows);
        var ids = new List<(int[] Prompt, int[] Chosen, int[] Rejected)>(batch.Rows);
        for (var i = 0; i < batch.Rows; i++)
        {
            run.Stopping.ThrowIfCancellationRequested();
            if (chosen[i].Length == 0 || rejected[i].Length == 0)
            {
                run.Quarantine(batch, i, $"the {(chosen[i].Length == 0 ? "chosen" : "rejected")} response is empty");
                continue;
            }
            var texts = (Prompt: prompts[i], Chosen: chosen[i], Rejected: rejected[i]);
            if (chat is not null && !TryWrite(batch, i, ref texts, run))
                continue;
            var row = (Prompt: PromptIds(texts.Prompt), Chosen: ResponseIds(texts.Chosen), Rejected: ResponseIds(texts.Rejected));
            if (Fit(batch, i, row, run) is not { } prompt)
                continue;
            rows.Add(i);
            ids.Add((prompt, row.Chosen, row.Rejected));
        }
        var kept = rows.Count == batch.Rows ? batch : batch.Select([.. rows]);
        return kept
            .With(Columns.PromptIds, ids.Select(r => r.Prompt).ToArray())
            .With(Columns.ChosenIds, ids.Select(r => r.Chosen).ToArray())
            .With(Columns.RejectedIds, ids.Select(r => r.Rejected).ToArray());
    }

    /// <summary>The texts as the chat template writes them; an empty response stays empty. False: the row is put aside.</summary>
    private bool TryWrite(Batch batch, int row, ref (string Prompt, string Chosen, string Rejected) texts, IStageRun run)
    {
        var (prompt, chosen, rejected) = ("", "", "");
        var problem = !chat!.TryPrompt(texts.Prompt, out prompt) ? prompt
            : texts.Chosen.Length > 0 && !chat.TryResponse(texts.Prompt, prompt, texts.Chosen, out chosen) ? chosen
            : texts.Rejected.Length > 0 && !chat.TryResponse(texts.Prompt, prompt, texts.Rejected, out rejected) ? rejected
            : null;
        if (problem is not null)
            run.Quarantine(batch, row, problem);
        else
            texts = (prompt, chosen, rejected);
        return problem is null;
    }

    /// <summary>The prompt, shortened where that is needed and allowed; null: the row is put aside.</summary>
    private int[]? Fit(Batch batch, int row, (int[] Prompt, int[] Chosen, int[] Rejected) ids, IStageRun run)
    {
        if (ids.Prompt.Length == 0)
        {
            run.Quarantine(batch, row, "the prompt is empty, and the tokenizer puts nothing in front of a text");
            return null;
        }
        var response = Math.Max(ids.Chosen.Length, ids.Rejected.Length);
        var total = ids.Prompt.Length + response;
        if (total <= options.MaxTokens)
            return ids.Prompt;
        var prefix = ids.Prompt.AsSpan().StartsWith([.. tokenizer!.PrefixIds]) ? tokenizer.PrefixIds.Count : 0;
        var room = options.MaxTokens - response;
        if (room <= prefix)
        {
            var which = ids.Chosen.Length >= ids.Rejected.Length ? "chosen" : "rejected";
            var reason = $"the {which} response alone has {response} tokens, and max-tokens is {options.MaxTokens}; a response is never cut";
            return Aside(batch, row, reason, run);
        }
        if (options.OverLong != OverLong.TruncatePromptLeft)
            return Aside(batch, row, $"{(response == 0 ? $"the prompt has {total} tokens" : $"prompt and response have {total} tokens together")}, and max-tokens is {options.MaxTokens}", run);
        run.Warn($"Some prompts are longer than max-tokens ({options.MaxTokens}) allows, and lost their beginning.");
        return [.. ids.Prompt.AsSpan(0, prefix), .. ids.Prompt.AsSpan(ids.Prompt.Length - (room - prefix))];
    }

    private int[]? Aside(Batch batch, int row, string reason, IStageRun run)
    {
        if (options.OverLong == OverLong.Error)
        {
            var name = batch.Has(Columns.RowId) ? $"Row '{batch.Get(Columns.RowId)[row]}'" : $"Row {row} of batch {batch.Number}";
            throw new StageException($"{name}: {reason}. Give a larger max-tokens, or over-long: truncate-prompt-left or drop.");
        }
        run.Quarantine(batch, row, reason);
        return null;
    }

    /// <summary>A chat template writes the begin-of-text token itself.</summary>
    private int[] PromptIds(string text) => chat is null ? [.. tokenizer!.PrefixIds, .. tokenizer.Encode(text)] : tokenizer!.Encode(text);

    private int[] ResponseIds(string text)
    {
        var ids = tokenizer!.Encode(text);
        return chat is not null && ids.Length > 0 && ids[^1] == eos ? ids : [.. ids, eos];
    }
}
