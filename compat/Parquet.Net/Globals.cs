namespace Parquet;

/// <summary>Which version of the interface this assembly offers.</summary>
public static class Globals
{
    public static readonly string Version = "6.1.0";

    public static readonly string GithubSha = string.Empty;
}
