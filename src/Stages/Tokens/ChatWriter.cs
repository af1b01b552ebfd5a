using System.Text.Json;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Tokenizers;

namespace DataflowRlhf.Stages.Tokens;

/// <summary>Writes prompts and responses as a chat template has them.</summary>
internal sealed class ChatWriter(ChatTemplate template, TextTokenizer tokenizer)
{
    public const string None = "none";
    public const string FromTokenizer = "from-tokenizer";

    /// <summary>The writer that an option asks for; null for none.</summary>
    /// <exception cref="StageException">There is no such template, the tokenizer has none, or it is not understood.</exception>
    public static ChatWriter? Of(string option, TextTokenizer tokenizer)
    {
        if (option == None)
            return null;
        if (option != FromTokenizer)
        {
            return ChatTemplate.Names.Contains(option)
                ? new ChatWriter(ChatTemplate.Named(option), tokenizer)
                : throw new StageException($"chat-template: '{option}' is none of {None}, {FromTokenizer}, {string.Join(", ", ChatTemplate.Names)}.");
        }
        try
        {
            return ChatTemplate.Of(tokenizer) is { } own ? new ChatWriter(own, tokenizer)
                : throw new StageException($"chat-template: {FromTokenizer}, but {tokenizer.Folder} has no chat template, neither chat_template.jinja nor chat_template in tokenizer_config.json. Name a common one: {string.Join(", ", ChatTemplate.Names)}.");
        }
        catch (TokenizerFileException e)
        {
            throw new StageException(e.Message, e);
        }
    }

    /// <summary>The prompt up to where the answer begins.</summary>
    /// <returns>False: the template does not take it; <paramref name="text"/> says why.</returns>
    /// <exception cref="StageException">The template is not understood.</exception>
    public bool TryPrompt(string prompt, out string text)
    {
        text = "the prompt ends within an answer, which a chat template cannot continue";
        return ChatDialogue.TryPrompt(prompt, out var turns) && TryRender(turns, addGenerationPrompt: true, out text);
    }

    /// <summary>What the template writes of a response behind the prompt as <see cref="TryPrompt"/> wrote it.</summary>
    public bool TryResponse(string prompt, string written, string response, out string text)
    {
        ChatDialogue.TryPrompt(prompt, out var turns);
        turns.AddRange(ChatDialogue.Response(response, ChatDialogue.IsDialogue(prompt)));
        if (!TryRender(turns, addGenerationPrompt: false, out text))
            return false;
        if (!text.StartsWith(written, StringComparison.Ordinal))
        {
            text = "the chat template writes the prompt in another way once an answer follows it";
            return false;
        }
        text = text[written.Length..];
        // Line breaks behind the end-of-text token belong to the next turn.
        var end = text.AsSpan().TrimEnd();
        if (tokenizer.SpecialTokens.TryGetValue("eos_token", out var eos) && end.EndsWith(eos))
            text = end.ToString();
        return true;
    }

    private bool TryRender(IEnumerable<ChatDialogue.Turn> turns, bool addGenerationPrompt, out string text)
    {
        try
        {
            text = template.Render(JsonSerializer.SerializeToElement(turns.Select(t => new { role = t.Role, content = t.Content })), tokenizer.SpecialTokens, addGenerationPrompt);
            return true;
        }
        catch (ChatTemplateException e)
        {
            text = $"the chat template does not take it: {e.Reason}";
            return false;
        }
        catch (TokenizerFileException e)
        {
            throw new StageException(e.Message, e);
        }
    }
}
