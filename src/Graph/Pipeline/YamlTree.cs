using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DataflowRlhf.Graph;

/// <summary>Reads YAML within bounds: 4 Mi characters, 100,000 items, 32 levels, no tags, no anchors, no key twice.</summary>
internal sealed class YamlTree
{
    internal const string Missing = "is not there.";
    private const int MaxLength = 4 << 20;
    private const int MaxBytes = 4 * MaxLength;
    private const int MaxDepth = 32;
    private const int MaxItems = 100_000;
    private const int MaxTwice = 100;
    private static readonly UTF8Encoding Strict = new(false, true);
    private readonly IParser parser;
    private readonly List<Mistake> mistakes;
    private int items;
    private int twice;

    private YamlTree(IParser parser, List<Mistake> mistakes)
    {
        this.parser = parser;
        this.mistakes = mistakes;
    }

    /// <summary>The file's one document, or null with the reason among the mistakes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it is: "pipeline file".</param>
    /// <param name="mistakes">Where mistakes go.</param>
    /// <param name="texts">Takes the file's text under its path.</param>
    public static YamlItem? Read(string path, string what, List<Mistake> mistakes, IDictionary<string, string> texts)
    {
        Parser? parser = null;
        try
        {
            if (Text(path, what, mistakes) is not { } text)
                return null;
            texts[path] = text;
            parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                mistakes.Add(new Mistake(1, 1, "file", "is empty.", what == "pipeline file" ? "pipeline: my-first" : null));
                return null;
            }
            parser.Consume<DocumentStart>();
            var root = new YamlTree(parser, mistakes).Item(0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
                mistakes.Add(new Mistake((int)parser.Current!.Start.Line, (int)parser.Current.Start.Column, "file", $"holds a second document; a {what} is one."));
            return root;
        }
        catch (Exception broken) when (broken is YamlException or InvalidOperationException)
        {
            // The parser stumbles itself over some text that is no YAML: a bracket in a plain text of a list.
            var at = parser?.Current?.End ?? Mark.Empty;
            mistakes.Add(YamlHints.Of(broken as YamlException ?? new YamlException(at, at, "what comes next cannot be read."), texts.TryGetValue(path, out var text) ? text : ""));
            return null;
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException or ArgumentException)
        {
            mistakes.Add(new Mistake(0, 0, "file", $"cannot be read: {closed.Message}"));
            return null;
        }
    }

    /// <summary>All of a file as UTF-8, or null with the reason among the mistakes.</summary>
    private static string? Text(string path, string what, List<Mistake> mistakes)
    {
        string? Wrong(int line, int column, string problem, string? write = null)
        {
            mistakes.Add(new Mistake(line, column, "file", problem, write));
            return null;
        }
        if (PlainFile.Problem(path) is { } problem)
            return Wrong(0, 0, problem == "is a folder, not a file" ? "is a folder; name a file in it." : problem + ".");
        using var file = PlainFile.Open(path);
        var tooLong = $"is too long; a {what} has at most {MaxLength:N0} characters.";
        if (file.Length > MaxBytes)
            return Wrong(0, 0, tooLong);
        var bytes = new byte[(int)Math.Max(file.Length, 4096) + 1];
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var given = bytes.AsSpan(0, length);
        if (length == bytes.Length && length > MaxBytes)
            return Wrong(0, 0, tooLong);
        if (given.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || given.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || given is [0, not 0, ..] or [not 0, 0, ..])
            return Wrong(1, 1, $"is UTF-16 or UTF-32; a {what} is UTF-8.", $"iconv -f UTF-16 -t UTF-8 {path}");
        if (given.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            given = given[3..];
        if (given.IndexOf((byte)0) is >= 0 and var zero && At(given, zero) is var (zeroLine, zeroColumn))
            return Wrong(zeroLine, zeroColumn, "has a zero byte here; it is not text.");
        string text;
        try
        {
            text = Strict.GetString(given);
        }
        catch (DecoderFallbackException broken)
        {
            var (line, column) = At(given, broken.Index);
            return Wrong(line, column, $"is not UTF-8 here (byte 0x{broken.BytesUnknown?[0] ?? 0:X2}); a {what} is UTF-8.");
        }
        return text.Length > MaxLength ? Wrong(0, 0, tooLong) : text;
    }

    private static (int Line, int Column) At(ReadOnlySpan<byte> bytes, int index)
    {
        var before = bytes[..index];
        return (before.Count((byte)'\n') + 1, index - before.LastIndexOf((byte)'\n'));
    }

    /// <summary>What is YAML, and is not for us.</summary>
    internal sealed class BoundException(Mark start, Mark end, string problem) : YamlException(start, end, problem);

    private YamlItem Item(int depth)
    {
        var at = parser.Current!.Start;
        var (line, column) = ((int)at.Line, (int)at.Column);
        if (depth > MaxDepth)
            throw new BoundException(at, at, $"nested deeper than {MaxDepth} levels.");
        if (++items > MaxItems)
            throw new BoundException(at, at, $"more than {MaxItems:N0} texts, lists and maps.");
        if (parser.Current is AnchorAlias)
            throw new BoundException(at, at, "an alias (*name): a pipeline file has none; use params and ${name}.");
        if (parser.Current is NodeEvent node)
        {
            if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific)
                throw new BoundException(at, at, $"the tag {node.Tag}: a pipeline file has no tags.");
            if (!node.Anchor.IsEmpty)
                throw new BoundException(at, at, "an anchor (&name): a pipeline file has none; use params and ${name}.");
        }
        if (parser.TryConsume<Scalar>(out var scalar))
            return new YamlText(scalar.Value, line, column);
        return parser.TryConsume<SequenceStart>(out _) ? ListItems(depth, line, column) : MapEntries(depth, line, column);
    }

    private YamlList ListItems(int depth, int line, int column)
    {
        var items = new List<YamlItem>();
        while (!parser.TryConsume<SequenceEnd>(out _))
            items.Add(Item(depth + 1));
        return new YamlList(items, line, column);
    }

    private YamlMap MapEntries(int depth, int line, int column)
    {
        parser.Consume<MappingStart>();
        var entries = new List<KeyValuePair<YamlText, YamlItem>>();
        var again = new List<KeyValuePair<YamlText, YamlItem>>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var at = parser.Current!.Start;
            if (Item(depth + 1) is not YamlText key)
                throw new BoundException(at, at, "a key must be plain text.");
            if (key.Value == "<<")
                throw new BoundException(at, at, "a merge key (<<): a pipeline file has none; use params and ${name}.");
            var value = Item(depth + 1);
            if (seen.Add(key.Value))
                entries.Add(new(key, value));
            else if (++twice <= MaxTwice)
            {
                mistakes.Add(new Mistake(key.Line, key.Column, key.Value, $"'{key.Value}' stands here twice; a key may stand once."));
                again.Add(new(key, value));
            }
        }
        return new YamlMap(entries, line, column) { Again = again };
    }
}
