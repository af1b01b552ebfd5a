using Microsoft.Data.Sqlite;

namespace DataflowRlhf.Graph;

/// <summary>Turns what went wrong into one message for a person; what only a developer can read goes to a file.</summary>
internal sealed class FailureText(ArtifactStore store, Func<Exception, bool> clear, TimeProvider time)
{
    private readonly Dictionary<Exception, string> known = [];

    /// <summary>Takes out of a text what is not to be shown: values of the environment.</summary>
    public Func<string, string> Hide { get; init; } = text => text;

    /// <param name="where">The stage's name.</param>
    public string Of(string where, Exception cause)
    {
        lock (known)
            return known.TryGetValue(cause, out var text) ? text : known[cause] = Hide(Make(where, cause));
    }

    private string Make(string where, Exception cause)
    {
        // Blocks wrap a fault once a hop, and note the message's text in Data: neither is for the person.
        while (cause is AggregateException { InnerExceptions.Count: > 0 } nested)
            cause = nested.InnerExceptions[0];
        if (cause is StageException or OptionException || clear(cause))
            return cause.Message;
        if (IsFull(cause))
            return $"there is no space left for the store {store.Folder}. Free some, or write: --store DIR on another disk.";
        if (cause is SqliteException index)
            return $"the store {store.Folder} cannot be used: {StoreIndex.Explain(index)}  Another: --store DIR";
        if (cause is IOException or UnauthorizedAccessException)
            return cause.Message;
        if (cause is OutOfMemoryException || (cause is System.Runtime.InteropServices.ExternalException && cause.Message.Contains("memory", StringComparison.OrdinalIgnoreCase)))
            return "there is not enough memory. A smaller batch-size or model needs less.";
        return $"{cause.GetType().Name}: {FirstLine(cause.Message)}  Details: {Log(where, cause)}";
    }

    /// <summary>When and where, as a file's name begins.</summary>
    public static string FileName(TimeProvider time, string where) =>
        $"{time.GetUtcNow():yyyyMMdd-HHmmss}-{string.Concat(where.Select(c => char.IsLetterOrDigit(c) || c is '-' or '.' ? c : '_'))}";

    internal static bool IsFull(Exception cause) =>
        cause is SqliteException { SqliteErrorCode: 13 }
        || (cause is IOException && (cause.Message.Contains("No space left", StringComparison.Ordinal) || cause.Message.Contains("the disk was full", StringComparison.Ordinal) || cause.Message.Contains("quota exceeded", StringComparison.Ordinal)));

    private string Log(string where, Exception cause)
    {
        var file = Path.Combine(store.LogFolder, FileName(time, where) + ".log");
        try
        {
            File.WriteAllText(file, Hide(cause.ToString()));
            return file;
        }
        catch (Exception full) when (full is IOException or UnauthorizedAccessException)
        {
            return $"(no log could be written to {store.LogFolder})";
        }
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim();
}
