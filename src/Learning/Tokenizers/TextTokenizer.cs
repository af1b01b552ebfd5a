using System.Text.Json;
using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>
/// The tokenizer of a Hugging Face folder: text to ids exactly as the library <c>tokenizers</c> does it without special tokens added, and back.
/// Safe from any thread.
/// </summary>
/// <example><c>TextTokenizer.Load("models/base").Encode("Hello")</c></example>
public sealed class TextTokenizer
{
    private const string MapName = "special_tokens_map.json";

    private static readonly string[] Files =
        ["tokenizer.json", "tokenizer_config.json", MapName, "vocab.json", "merges.txt", "added_tokens.json", "tokenizer.model", "chat_template.jinja"];

    private readonly TokenizerFile file;
    private readonly TokenizerSettings settings;
    private readonly IPieceEncoder encoder;
    private readonly AddedTokenFinder raw;
    private readonly AddedTokenFinder normalized;
    private readonly string?[] tokens;
    private readonly HashSet<int> special;
    private readonly OffsetFinder offsets;

    private TextTokenizer(string folder, TokenizerFile file, TokenizerSettings settings)
    {
        Folder = folder;
        this.file = file;
        this.settings = settings;
        tokens = new string?[Math.Max(file.Vocabulary.Values.Max(), file.AddedTokens.Select(t => t.Id).DefaultIfEmpty(0).Max()) + 1];
        foreach (var (token, id) in file.Vocabulary)
            tokens[id] = token;
        foreach (var added in file.AddedTokens)
            tokens[added.Id] = added.Content;
        special = file.AddedTokens.Where(t => t.Special).Select(t => t.Id).ToHashSet();
        raw = new AddedTokenFinder(file.AddedTokens.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        normalized = new AddedTokenFinder(file.AddedTokens.Where(t => t.Normalized).Select(t => (Normalize(t.Content), t)));
        encoder = file.Encoder is { } own ? own : file is { ByteLevel: true, IgnoreMerges: false, UnknownToken: null } && !file.Merges.Any(m => m.Left.Contains(' ') || m.Right.Contains(' '))
            ? new PackageEncoder(file)
            : new PairEncoder(file);
        offsets = new OffsetFinder(file, tokens);
        BosId = Find(settings.Bos, "bos_token");
        EosId = Find(settings.Eos, "eos_token");
        PadId = Find(settings.Pad, "pad_token");
    }

    /// <summary>Where it was loaded from.</summary>
    public string Folder { get; }

    /// <summary>The largest id plus one, added tokens included: rows that an embedding needs.</summary>
    public int VocabSize => tokens.Length;

    /// <summary>End of a text, where the folder names one.</summary>
    public int? EosId { get; }

    public int? PadId { get; }
    public int? BosId { get; }

    /// <summary>The texts of the special tokens that the folder names: bos_token, eos_token and so on.</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens => settings.Tokens;

    /// <summary>The folder's chat template and where it stands; null where there is none.</summary>
    /// <exception cref="TokenizerFileException">There are several, and none of them is named default.</exception>
    public (string Text, string Source)? ChatTemplateText => settings.Template();

    internal Frame Frame => file.Frame;

    /// <summary>Ids that go in front of a text where special tokens are wanted: a begin-of-text token, or none.</summary>
    public IReadOnlyList<int> PrefixIds => file.Frame.Before;

    /// <summary>Ids that go behind a text where special tokens are wanted.</summary>
    public IReadOnlyList<int> SuffixIds => file.Frame.After;

    /// <summary>
    /// Reads <c>tokenizer.json</c>; else <c>vocab.json</c> with <c>merges.txt</c>; else <c>tokenizer.model</c>. Beside them
    /// <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and <c>chat_template.jinja</c> where they are.
    /// </summary>
    /// <exception cref="TokenizerFileException">A file is missing or damaged, or holds a construct that is not understood; the message names it.</exception>
    public static TextTokenizer Load(string folder)
    {
        var (file, settings) = TokenizerFolder.Read(folder);
        return new TextTokenizer(folder, file, settings);
    }

    /// <summary>Copies the files to another folder; <c>special_tokens_map.json</c> is written where there was none.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var name in Files)
        {
            var (from, to) = (Path.Combine(Folder, name), Path.Combine(folder, name));
            if (PlainFile.Problem(from) is null && Path.GetFullPath(from) != Path.GetFullPath(to))
                File.Copy(from, to, overwrite: true);
        }
        var map = Path.Combine(folder, MapName);
        if (!File.Exists(map))
            File.WriteAllText(map, SpecialTokensMap(settings.Bos, settings.Eos, settings.Pad));
    }

    /// <summary>The id of a token by its text; null where there is none.</summary>
    public int? IdOf(string token)
    {
        foreach (var added in file.AddedTokens)
        {
            if (added.Content == token)
                return added.Id;
        }
        return file.Vocabulary.TryGetValue(token, out var id) ? id : null;
    }

    /// <summary>The ids of a text; no special token is added, but those written in the text are found.</summary>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>(text.Length / 3 + 4);
        Walk(AlignedText.Untracked(text), (token, _) => ids.Add(token.Id), piece => encoder.Encode(piece.Text, ids));
        return [.. ids];
    }

    /// <summary>The same ids, each with its token's text and where in the text it comes from.</summary>
    public TextEncoding EncodeWithOffsets(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var found = new List<TextEncoding.Token>(text.Length / 3 + 4);
        var ids = new List<int>();
        Walk(AlignedText.Tracked(text), AddToken, piece =>
        {
            ids.Clear();
            encoder.Encode(piece.Text, ids);
            offsets.Find(piece, ids, found);
        });
        var points = new int[text.Length + 1];
        for (var i = 0; i < text.Length; i++)
            points[i + 1] = points[i] + (char.IsLowSurrogate(text[i]) && i > 0 && char.IsHighSurrogate(text[i - 1]) ? 0 : 1);
        for (var i = 0; i < found.Count; i++)
            found[i] = found[i] with { Start = points[found[i].Start], End = points[found[i].End] };
        foreach (var trim in file.Frame.Trims)
            trim.Apply(found);
        return new TextEncoding(found);

        void AddToken(AddedToken token, AlignedText slice)
            => found.Add(new TextEncoding.Token(token.Id, slice.Text, slice.Text.Length == 0 ? 0 : slice[0].Start, slice.Text.Length == 0 ? 0 : slice[slice.Text.Length - 1].End));
    }

    /// <summary>The text of ids; those that the vocabulary lacks are skipped.</summary>
    /// <param name="skipSpecial">Leave special tokens out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        var texts = new List<string>(ids.Length);
        foreach (var id in ids)
        {
            if ((uint)id < (uint)tokens.Length && tokens[id] is { } token && !(skipSpecial && special.Contains(id)))
                texts.Add(token);
        }
        return file.Decoder.Decode(texts);
    }

    internal static string SpecialTokensMap(string? bos, string? eos, string? pad)
    {
        var map = new JsonObject();
        foreach (var (name, token) in new[] { ("bos_token", bos), ("eos_token", eos), ("pad_token", pad) })
        {
            if (token is not null)
                map[name] = token;
        }
        return map.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
    }

    /// <summary>Takes a text apart: added tokens, and between them the pieces as the model is to see them.</summary>
    private void Walk(AlignedText text, Action<AddedToken, AlignedText> onToken, Action<AlignedText> onPiece)
    {
        var floor = 0;
        while (!raw.IsEmpty && raw.TryFind(text.Text, floor, out var token, out var start, out var end, floor))
        {
            WalkPiece(text.Slice(floor, start), floor == 0, onToken, onPiece);
            onToken(token!, text.Slice(start, end));
            floor = end;
        }
        WalkPiece(text.Slice(floor, text.Text.Length), floor == 0, onToken, onPiece);
    }

    private void WalkPiece(AlignedText text, bool first, Action<AddedToken, AlignedText> onToken, Action<AlignedText> onPiece)
    {
        if (text.Text.Length == 0)
            return;
        foreach (var step in file.Normalizer)
            text = step.Apply(text);
        var floor = 0;
        while (!normalized.IsEmpty && normalized.TryFind(text.Text, floor, out var token, out var start, out var end, floor))
        {
            Prepare(text.Slice(floor, start), first && floor == 0, onPiece);
            onToken(token!, text.Slice(start, end));
            floor = end;
        }
        Prepare(text.Slice(floor, text.Text.Length), first && floor == 0, onPiece);
    }

    private void Prepare(AlignedText text, bool first, Action<AlignedText> onPiece)
    {
        if (text.Text.Length == 0)
            return;
        if (file.AddPrefixSpace && !text.Text.StartsWith(' '))
            text = text.Prepend(" ");
        if (file.Spaces is { } spaces)
        {
            text = text.Replace(" ", spaces.Replacement.ToString());
            if ((spaces.Prepend == "always" || spaces.Prepend == "first" && first) && text.Text[0] != spaces.Replacement)
                text = text.Prepend(spaces.Replacement.ToString());
        }
        onPiece(text);
    }

    private string Normalize(string text)
    {
        foreach (var step in file.Normalizer)
            text = step.Apply(text);
        return text;
    }

    private int? Find(string? token, string role) => token is null ? null
        : IdOf(token) ?? throw new TokenizerFileException($"{Folder}: {role} is '{token}', which the tokenizer does not hold.");
}
