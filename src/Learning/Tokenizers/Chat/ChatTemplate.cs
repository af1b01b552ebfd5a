using System.Text.Json;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>
/// Writes a conversation as the text that a model was trained on. A template is written in Jinja, of which the part is understood that chat
/// templates use; it comes with a downloaded folder, so it can read nothing but the conversation, and its work and output are bounded.
/// </summary>
public sealed class ChatTemplate
{
    /// <summary>The longest template that is read, in characters.</summary>
    public const int Longest = 1 << 20;

    private const long LongestRange = 100_000;

    private readonly TemplateStatement body;

    private ChatTemplate(TemplateStatement body, string source)
    {
        this.body = body;
        Source = source;
    }

    /// <summary>Where it stands: a file, or the name of a template that is known here.</summary>
    public string Source { get; }

    /// <param name="text">The template.</param>
    /// <param name="source">Where it stands, for messages.</param>
    /// <exception cref="TokenizerFileException">It is no template, or holds a construct that is not understood; the message names it, its line and the source.</exception>
    public static ChatTemplate Parse(string text, string source) => text.Length <= Longest
        ? new ChatTemplate(TemplateParser.Read(text, source), source)
        : throw new TokenizerFileException($"{source}: a chat template of {text.Length} characters is too long; up to {Longest} are read.");

    /// <summary>The template that a tokenizer's folder holds; null where it holds none.</summary>
    /// <exception cref="TokenizerFileException">It is not understood.</exception>
    public static ChatTemplate? Of(TextTokenizer tokenizer) => tokenizer.ChatTemplateText is var (text, source) ? Parse(text, source) : null;

    /// <summary>A common template by its name.</summary>
    /// <exception cref="ArgumentException">None has that name.</exception>
    public static ChatTemplate Named(string name) => NamedTemplates.All.TryGetValue(name, out var text)
        ? Parse(text, name)
        : throw new ArgumentException($"There is no chat template named '{name}'; {string.Join(", ", NamedTemplates.All.Keys)} are known.");

    /// <summary>The names that <see cref="Named"/> knows.</summary>
    public static IEnumerable<string> Names => NamedTemplates.All.Keys;

    /// <summary>The conversation as text.</summary>
    /// <param name="messages">A JSON list of messages, { "role", "content" } and whatever else the template asks for.</param>
    /// <param name="specialTokens">bos_token, eos_token and so on.</param>
    /// <param name="addGenerationPrompt">The text ends where the assistant's next answer begins.</param>
    /// <exception cref="ChatTemplateException">The template does not take this conversation.</exception>
    /// <exception cref="TokenizerFileException">The template does something that is not understood, or far too much.</exception>
    public string Render(JsonElement messages, IReadOnlyDictionary<string, string> specialTokens, bool addGenerationPrompt)
    {
        var globals = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["messages"] = TemplateJson.Value(messages),
            ["add_generation_prompt"] = addGenerationPrompt,
            ["tools"] = null,
            ["documents"] = null,
            ["raise_exception"] = (TemplateFunction)((run, line, a) => throw run.Refuse(line, TemplateOperations.Text(run, line, a.Get(0, "message")))),
            ["namespace"] = (TemplateFunction)Namespace,
            ["range"] = (TemplateFunction)Range,
            ["dict"] = (TemplateFunction)Map,
        };
        foreach (var (role, token) in specialTokens)
            globals[role] = token;
        var rendering = new TemplateRun(Source, globals);
        try
        {
            body(rendering);
        }
        catch (InsufficientExecutionStackException)
        {
            throw new TokenizerFileException($"{Source}: the chat template nests too deeply, and was stopped.");
        }
        return rendering.Output;
    }

    private static object? Namespace(TemplateRun run, int line, TemplateArguments arguments)
    {
        var made = new TemplateNamespace();
        foreach (var (name, value) in arguments.Named)
            made.Members[name] = value;
        foreach (var (name, value) in arguments.Plain.OfType<TemplateMap>().SelectMany(m => m.Items))
            made.Members[name] = value;
        return made;
    }

    private static object? Map(TemplateRun run, int line, TemplateArguments arguments)
    {
        var made = new TemplateMap();
        foreach (var (name, value) in arguments.Plain.OfType<TemplateMap>().SelectMany(m => m.Items).Concat(arguments.Named))
            made[name] = value;
        return made;
    }

    private static object? Range(TemplateRun run, int line, TemplateArguments arguments)
    {
        var numbers = Array.ConvertAll(arguments.Plain, a => TemplateOperations.Whole(a) ?? throw run.Refuse(line, $"'{TemplateOperations.TypeName(a)}' object cannot be interpreted as an integer"));
        var (start, stop, step) = numbers switch
        {
            [var e] => (0L, e, 1L),
            [var s, var e] => (s, e, 1L),
            [var s, var e, var b] when b != 0 => (s, e, b),
            _ => throw run.Refuse(line, "range takes one to three numbers, and a step other than 0"),
        };
        var count = step > 0 ? ((decimal)stop - start + step - 1) / step : ((decimal)start - stop - step - 1) / -step;
        if (count > LongestRange)
            throw run.Refuse(line, $"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({LongestRange}).");
        var items = new List<object?>();
        for (var i = 0L; i < (long)Math.Max(0, count); i++)
            items.Add(start + i * step);
        run.Charge(line, items.Count);
        return items;
    }
}
