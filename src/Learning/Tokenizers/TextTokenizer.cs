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
    private static readonly string[] Files = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"];

    private readonly TokenizerFile file;
    private readonly TokenizerSettings settings;
    private readonly IPieceEncoder encoder;
    private readonly AddedTokenFinder raw;
    private readonly AddedTokenFinder normalized;
    private readonly string?[] tokens;
    private readonly HashSet<int> special;

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
        encoder = file is { ByteLevel: true, IgnoreMerges: false, UnknownToken: null } && !file.Merges.Any(m => m.Left.Contains(' ') || m.Right.Contains(' '))
            ? new PackageEncoder(file)
            : new PairEncoder(file);
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

    /// <summary>Ids that go in front of a text where special tokens are wanted: a begin-of-text token, or none.</summary>
    public IReadOnlyList<int> PrefixIds => file.Frame.Before;

    /// <summary>Ids that go behind a text where special tokens are wanted.</summary>
    public IReadOnlyList<int> SuffixIds => file.Frame.After;

    /// <summary>Reads <c>tokenizer.json</c>, and <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c> where they are.</summary>
    /// <exception cref="TokenizerFileException">A file is missing or damaged, or holds a construct that is not understood; the message names it.</exception>
    public static TextTokenizer Load(string folder)
    {
        var path = Path.Combine(folder, "tokenizer.json");
        if (!Directory.Exists(folder))
            throw new TokenizerFileException($"{folder}: there is no such folder; a folder with a tokenizer.json is needed.");
        if (!File.Exists(path))
        {
            var others = string.Join(", ", Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal).Take(8));
            throw new TokenizerFileException($"{folder}: there is no tokenizer.json, only {(others.Length > 0 ? others : "an empty folder")}. AutoTokenizer.from_pretrained(…).save_pretrained(…) in Python writes one.");
        }
        return new TextTokenizer(folder, TokenizerFileReader.Read(path), TokenizerSettings.Read(folder));
    }

    /// <summary>Copies the files to another folder; <c>special_tokens_map.json</c> is written where there was none.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var name in Files)
        {
            var (from, to) = (Path.Combine(Folder, name), Path.Combine(folder, name));
            if (File.Exists(from) && Path.GetFullPath(from) != Path.GetFullPath(to))
                File.Copy(from, to, overwrite: true);
        }
        var map = Path.Combine(folder, Files[2]);
        if (!File.Exists(map))
            File.WriteAllText(map, SpecialTokensMap(settings.Bos, settings.Eos, settings.Pad));
    }

    /// <summary>The ids of a text; no special token is added, but those written in the text are found.</summary>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>(text.Length / 3 + 4);
        var floor = 0;
        while (!raw.IsEmpty && raw.TryFind(text, floor, out var token, out var start, out var end, floor))
        {
            EncodePiece(text[floor..start], floor == 0, ids);
            ids.Add(token!.Id);
            floor = end;
        }
        EncodePiece(floor == 0 ? text : text[floor..], floor == 0, ids);
        return [.. ids];
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

    private void EncodePiece(string piece, bool first, List<int> ids)
    {
        if (piece.Length == 0)
            return;
        var text = Normalize(piece);
        var floor = 0;
        while (!normalized.IsEmpty && normalized.TryFind(text, floor, out var token, out var start, out var end, floor))
        {
            EncodeText(text[floor..start], first && floor == 0, ids);
            ids.Add(token!.Id);
            floor = end;
        }
        EncodeText(floor == 0 ? text : text[floor..], first && floor == 0, ids);
    }

    private void EncodeText(string text, bool first, List<int> ids)
    {
        if (text.Length == 0)
            return;
        if (file.AddPrefixSpace && !text.StartsWith(' '))
            text = " " + text;
        if (file.Spaces is { } spaces)
        {
            text = text.Replace(' ', spaces.Replacement);
            if ((spaces.Prepend == "always" || spaces.Prepend == "first" && first) && text[0] != spaces.Replacement)
                text = spaces.Replacement + text;
        }
        encoder.Encode(text, ids);
    }

    private string Normalize(string text)
    {
        foreach (var step in file.Normalizer)
            text = step.Apply(text);
        return text;
    }

    private int? Find(string? token, string role)
    {
        if (token is null)
            return null;
        foreach (var added in file.AddedTokens)
        {
            if (added.Content == token)
                return added.Id;
        }
        return file.Vocabulary.TryGetValue(token, out var id)
            ? id
            : throw new TokenizerFileException($"{Folder}: {role} is '{token}', which tokenizer.json does not hold.");
    }
}
