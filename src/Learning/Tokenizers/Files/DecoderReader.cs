namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Reads a <c>decoder</c>.</summary>
internal static class DecoderReader
{
    public static TokenDecoder Read(JsonPart part)
    {
        if (part.IsNull)
            return new TokenDecoder.Spaced();
        if (part.Type == "ByteLevel")
            return new TokenDecoder.Bytes();
        return new TokenDecoder.Steps(Steps(part).ToList());
    }

    private static IEnumerable<Func<List<string>, List<string>>> Steps(JsonPart part)
    {
        switch (part.Type)
        {
            case "Sequence":
                return part["decoders"].Items().ToList().SelectMany(Steps);
            case "Replace":
                var (old, by) = (TokenizerFileReader.Literal(part), part["content"].Text);
                return [texts => TokenDecoder.Replace(texts, old, by)];
            case "ByteFallback":
                return [TokenDecoder.ByteFallback];
            case "Fuse":
                return [TokenDecoder.Fuse];
            case "Strip":
                var content = part["content"].Text;
                var (start, stop) = (part["start"].Int, part["stop"].Int);
                if (content.Length != 1)
                    throw part["content"].Error("must be one character");
                return [texts => TokenDecoder.Strip(texts, content[0], start, stop)];
            case "Metaspace":
                var replacement = part["replacement"].TextOrNull is { Length: 1 } text ? text[0] : '\u2581';
                var prepended = (part["prepend_scheme"].TextOrNull ?? "always") != "never";
                return [texts => TokenDecoder.Metaspace(texts, replacement, prepended)];
            case "ByteLevel":
                return [texts => [new TokenDecoder.Bytes().Decode(texts)]];
            default:
                throw part.Error($"is of type {part.Type}, which is not supported; ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace and Sequence are");
        }
    }
}
