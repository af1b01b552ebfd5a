using System.Buffers;

namespace Microsoft.ML.Tokenizers;

/// <summary>Turns text into token ids and back.</summary>
public abstract class Tokenizer
{
    public virtual PreTokenizer? PreTokenizer => null;

    public virtual Normalizer? Normalizer => null;

    protected abstract EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings);

    /// <summary>The ids alone. Overridden where ids are had without tokens.</summary>
    protected virtual EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var results = EncodeToTokens(text, textSpan, settings);
        var ids = new int[results.Tokens.Count];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = results.Tokens[i].Id;
        return new EncodeResults<int> { Tokens = ids, NormalizedText = results.NormalizedText, CharsConsumed = results.CharsConsumed };
    }

    protected virtual int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
        => EncodeToIds(text, textSpan, settings).Tokens.Count;

    /// <summary>Where in the text the first (or last) <see cref="EncodeSettings.MaxTokenCount"/> tokens end (or begin).</summary>
    protected virtual int GetIndexByTokenCount(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings, bool fromEnd, out string? normalizedText, out int tokenCount)
    {
        if (settings.MaxTokenCount <= 0)
            throw new ArgumentOutOfRangeException(nameof(settings), "The maximum number of tokens must be greater than 0.");
        var most = settings.MaxTokenCount;
        settings.MaxTokenCount = int.MaxValue;
        var results = EncodeToTokens(text, textSpan, settings);
        normalizedText = results.NormalizedText;
        var tokens = results.Tokens;
        var length = normalizedText?.Length ?? (text is null ? textSpan.Length : text.Length);
        tokenCount = Math.Min(most, tokens.Count);
        if (tokenCount == tokens.Count)
            return fromEnd ? 0 : length;
        if (!fromEnd)
        {
            while (tokenCount > 0 && tokens[tokenCount].Offset.Start.Value < tokens[tokenCount - 1].Offset.End.Value)
                tokenCount--;
            return tokenCount == 0 ? 0 : tokens[tokenCount - 1].Offset.End.Value;
        }
        var first = tokens.Count - tokenCount;
        while (first < tokens.Count && tokens[first].Offset.Start.Value < tokens[first - 1].Offset.End.Value)
            first++;
        tokenCount = tokens.Count - first;
        return tokenCount == 0 ? length : tokens[first].Offset.Start.Value;
    }

    public IReadOnlyList<int> EncodeToIds(string text, bool considerPreTokenization = true, bool considerNormalization = true)
        => EncodeToIds(text, default, Settings(considerPreTokenization, considerNormalization)).Tokens;

    public IReadOnlyList<int> EncodeToIds(ReadOnlySpan<char> text, bool considerPreTokenization = true, bool considerNormalization = true)
        => EncodeToIds(null, text, Settings(considerPreTokenization, considerNormalization)).Tokens;

    public IReadOnlyList<int> EncodeToIds(string text, int maxTokenCount, out string? normalizedText, out int charsConsumed, bool considerPreTokenization = true, bool considerNormalization = true)
        => Out(EncodeToIds(text, default, Settings(considerPreTokenization, considerNormalization, maxTokenCount)), out normalizedText, out charsConsumed);

    public IReadOnlyList<int> EncodeToIds(ReadOnlySpan<char> text, int maxTokenCount, out string? normalizedText, out int charsConsumed, bool considerPreTokenization = true, bool considerNormalization = true)
        => Out(EncodeToIds(null, text, Settings(considerPreTokenization, considerNormalization, maxTokenCount)), out normalizedText, out charsConsumed);

    public IReadOnlyList<EncodedToken> EncodeToTokens(string text, out string? normalizedText, bool considerPreTokenization = true, bool considerNormalization = true)
        => Out(EncodeToTokens(text, default, Settings(considerPreTokenization, considerNormalization)), out normalizedText, out _);

    public IReadOnlyList<EncodedToken> EncodeToTokens(ReadOnlySpan<char> text, out string? normalizedText, bool considerPreTokenization = true, bool considerNormalization = true)
        => Out(EncodeToTokens(null, text, Settings(considerPreTokenization, considerNormalization)), out normalizedText, out _);

    public int CountTokens(string text, bool considerPreTokenization = true, bool considerNormalization = true)
        => CountTokens(text, default, Settings(considerPreTokenization, considerNormalization));

    public int CountTokens(ReadOnlySpan<char> text, bool considerPreTokenization = true, bool considerNormalization = true)
        => CountTokens(null, text, Settings(considerPreTokenization, considerNormalization));

    public int GetIndexByTokenCount(string text, int maxTokenCount, out string? normalizedText, out int tokenCount, bool considerPreTokenization = true, bool considerNormalization = true)
        => GetIndexByTokenCount(text, default, Settings(considerPreTokenization, considerNormalization, maxTokenCount), false, out normalizedText, out tokenCount);

    public int GetIndexByTokenCount(ReadOnlySpan<char> text, int maxTokenCount, out string? normalizedText, out int tokenCount, bool considerPreTokenization = true, bool considerNormalization = true)
        => GetIndexByTokenCount(null, text, Settings(considerPreTokenization, considerNormalization, maxTokenCount), false, out normalizedText, out tokenCount);

    public int GetIndexByTokenCountFromEnd(string text, int maxTokenCount, out string? normalizedText, out int tokenCount, bool considerPreTokenization = true, bool considerNormalization = true)
        => GetIndexByTokenCount(text, default, Settings(considerPreTokenization, considerNormalization, maxTokenCount), true, out normalizedText, out tokenCount);

    public int GetIndexByTokenCountFromEnd(ReadOnlySpan<char> text, int maxTokenCount, out string? normalizedText, out int tokenCount, bool considerPreTokenization = true, bool considerNormalization = true)
        => GetIndexByTokenCount(null, text, Settings(considerPreTokenization, considerNormalization, maxTokenCount), true, out normalizedText, out tokenCount);

    /// <summary>The text of the ids; ids that the vocabulary lacks are skipped.</summary>
    public virtual string? Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var buffer = ArrayPool<char>.Shared.Rent(1024);
        try
        {
            while (true)
            {
                switch (Decode(ids, buffer, out _, out var written))
                {
                    case OperationStatus.Done:
                        return new string(buffer, 0, written);
                    case OperationStatus.DestinationTooSmall:
                        var length = buffer.Length * 2;
                        ArrayPool<char>.Shared.Return(buffer);
                        buffer = ArrayPool<char>.Shared.Rent(length);
                        break;
                    default:
                        return null;
                }
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }

    public abstract OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten);

    private static EncodeSettings Settings(bool preTokenize, bool normalize, int most = int.MaxValue)
    {
        if (most <= 0)
            throw new ArgumentOutOfRangeException("maxTokenCount", "The maximum number of tokens must be greater than 0.");
        return new EncodeSettings { ConsiderPreTokenization = preTokenize, ConsiderNormalization = normalize, MaxTokenCount = most };
    }

    private static IReadOnlyList<T> Out<T>(EncodeResults<T> results, out string? normalizedText, out int charsConsumed)
    {
        (normalizedText, charsConsumed) = (results.NormalizedText, results.CharsConsumed);
        return results.Tokens;
    }
}
