using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DataflowRlhf.Graph;

/// <summary>A YAML file as text, lists and maps with their places: nothing is resolved, typed or run.</summary>
internal abstract record YamlItem(int Line, int Column);

internal sealed record YamlText(string Value, int Line, int Column) : YamlItem(Line, Column);

internal sealed record YamlList(IReadOnlyList<YamlItem> Items, int Line, int Column) : YamlItem(Line, Column);

internal sealed record YamlMap(IReadOnlyList<KeyValuePair<YamlText, YamlItem>> Entries, int Line, int Column) : YamlItem(Line, Column)
{
    public YamlItem? Find(string key) => Entries.FirstOrDefault(e => e.Key.Value == key).Value;
}

/// <summary>Reads YAML within bounds: 4 Mi characters, 32 levels, no tags, no anchors, no key twice.</summary>
internal sealed class YamlTree
{
    private const int MaxLength = 4 << 20;
    private const int MaxDepth = 32;
    private readonly IParser parser;
    private readonly List<Mistake> mistakes;

    private YamlTree(IParser parser, List<Mistake> mistakes)
    {
        this.parser = parser;
        this.mistakes = mistakes;
    }

    /// <summary>The file's one document, or null with the reason among the mistakes.</summary>
    public static YamlItem? Read(string path, List<Mistake> mistakes)
    {
        try
        {
            if (Text(path) is not { } text)
            {
                mistakes.Add(new Mistake(1, 1, "file", $"is too long; a pipeline file has at most {MaxLength:N0} characters."));
                return null;
            }
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                mistakes.Add(new Mistake(1, 1, "file", "is empty.", "pipeline: my-first"));
                return null;
            }
            parser.Consume<DocumentStart>();
            var root = new YamlTree(parser, mistakes).Item(0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
                mistakes.Add(new Mistake((int)parser.Current!.Start.Line, (int)parser.Current.Start.Column, "file", "holds a second document; a pipeline file is one."));
            return root;
        }
        catch (YamlException broken)
        {
            mistakes.Add(new Mistake((int)broken.Start.Line, (int)broken.Start.Column, "file", $"is not YAML here: {broken.Message}"));
            return null;
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            mistakes.Add(new Mistake(1, 1, "file", $"cannot be read: {closed.Message}"));
            return null;
        }
    }

    /// <summary>All of a file, or null where it is too long: a device may have no length and no end.</summary>
    private static string? Text(string path)
    {
        using var reader = new StreamReader(path);
        var text = new char[MaxLength + 1];
        var read = reader.ReadBlock(text);
        return read > MaxLength ? null : new string(text, 0, read);
    }

    private YamlItem Item(int depth)
    {
        var at = parser.Current!.Start;
        var (line, column) = ((int)at.Line, (int)at.Column);
        if (depth > MaxDepth)
            throw new YamlException(at, at, $"nested deeper than {MaxDepth} levels.");
        if (parser.Current is AnchorAlias)
            throw new YamlException(at, at, "an alias (*name): a pipeline file has none; use params and ${name}.");
        if (parser.Current is NodeEvent node)
        {
            if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific)
                throw new YamlException(at, at, $"the tag {node.Tag}: a pipeline file has no tags.");
            if (!node.Anchor.IsEmpty)
                throw new YamlException(at, at, "an anchor (&name): a pipeline file has none; use params and ${name}.");
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
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var at = parser.Current!.Start;
            if (Item(depth + 1) is not YamlText key)
                throw new YamlException(at, at, "a key must be plain text.");
            var value = Item(depth + 1);
            if (seen.Add(key.Value))
                entries.Add(new(key, value));
            else
                mistakes.Add(new Mistake(key.Line, key.Column, key.Value, $"'{key.Value}' stands here twice; a key may stand once."));
        }
        return new YamlMap(entries, line, column);
    }
}
