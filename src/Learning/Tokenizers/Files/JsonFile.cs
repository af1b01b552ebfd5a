using System.Text.Json;

namespace DataflowRlhf.Learning.Tokenizers;

internal static class JsonFile
{
    /// <summary>The largest tokenizer published so far has about 35 MB.</summary>
    private const long LargestFile = 256L << 20;

    /// <summary>Reads a file whole and hands its root over.</summary>
    /// <exception cref="TokenizerFileException">It is missing, too large, or no JSON.</exception>
    public static T Read<T>(string path, Func<JsonPart, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(PlainFile.ReadBytes(path, LargestFile));
            return read(new JsonPart(path, "", document.RootElement));
        }
        catch (JsonException e)
        {
            throw new TokenizerFileException($"{path}: this is not JSON, or it is cut short: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new TokenizerFileException($"{path}: a string in it is not valid Unicode: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerFileException($"{path}: cannot be read: {e.Message}", e);
        }
    }
}
