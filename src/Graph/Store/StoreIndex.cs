using Microsoft.Data.Sqlite;

namespace DataflowRlhf.Graph;

/// <summary>What can be looked up without walking the store: each stage's latest artifact, and digests of input files. It may be lost: the artifacts are the truth.</summary>
internal sealed class StoreIndex : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly Lock gate = new();

    static StoreIndex() => SQLitePCL.Batteries_V2.Init();

    /// <exception cref="SqliteException">The file is no index.</exception>
    public StoreIndex(string file)
    {
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 30, Pooling = false }.ConnectionString);
        try
        {
            connection.Open();
            // One by one: of several in one command, a failure of all but the first would pass unseen.
            Execute("PRAGMA journal_mode = WAL");
            Execute("PRAGMA synchronous = NORMAL");
            Execute("CREATE TABLE IF NOT EXISTS latest (pipeline TEXT NOT NULL, stage TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (pipeline, stage))");
            Execute("CREATE TABLE IF NOT EXISTS digests (path TEXT PRIMARY KEY, state TEXT NOT NULL, digest TEXT NOT NULL)");
            Execute("DROP TABLE IF EXISTS files"); // An older memo, which a file with its time set back could deceive.
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>What stands in the way, in words.</summary>
    public static string Explain(SqliteException problem) => problem.SqliteErrorCode switch
    {
        13 => "there is no space left.", // SQLITE_FULL
        10 => "its disk cannot be written; it may be full.", // SQLITE_IOERR
        8 or 14 => "its index.sqlite may not be written.", // SQLITE_READONLY, SQLITE_CANTOPEN
        5 or 6 => "another program holds its index.sqlite.", // SQLITE_BUSY, SQLITE_LOCKED
        11 or 26 => "its index.sqlite is no index of artifacts. Delete it: it is made anew from the artifacts.", // SQLITE_CORRUPT, SQLITE_NOTADB
        _ => problem.Message,
    };

    /// <summary>Whether it was filled from the artifacts, to the end.</summary>
    public bool IsFilled
    {
        get
        {
            lock (gate)
            {
                using var command = Command("PRAGMA user_version", []);
                return command.ExecuteScalar() is > 0L;
            }
        }
    }

    /// <summary>Fills in what it does not have, at once or not at all: whoever is killed within, or looks meanwhile, finds it unfilled rather than half filled.</summary>
    /// <param name="newestFirst">Every artifact; of each stage the first counts.</param>
    /// <exception cref="SqliteException">It cannot be written; dispose of this index, which takes back what was begun.</exception>
    public void Fill(IReadOnlyList<LatestArtifact> newestFirst)
    {
        lock (gate)
        {
            // No transaction of the library's: where a full disk ended it already, taking it back fails and hides the reason.
            Execute("BEGIN IMMEDIATE");
            foreach (var latest in newestFirst)
                Execute("INSERT OR IGNORE INTO latest VALUES ($pipeline, $stage, $key)", ("$pipeline", latest.Pipeline), ("$stage", latest.Stage), ("$key", latest.Key));
            Execute("PRAGMA user_version = 1");
            Execute("COMMIT");
        }
    }

    public string? LatestKey(string pipeline, string stage) =>
        Scalar("SELECT key FROM latest WHERE pipeline = $pipeline AND stage = $stage", ("$pipeline", pipeline), ("$stage", stage));

    public IReadOnlyList<LatestArtifact> Latest()
    {
        lock (gate)
        {
            using var command = Command("SELECT pipeline, stage, key FROM latest ORDER BY pipeline, stage", []);
            using var reader = command.ExecuteReader();
            var all = new List<LatestArtifact>();
            while (reader.Read())
                all.Add(new LatestArtifact(reader.GetString(0), reader.GetString(1), reader.GetString(2)));
            return all;
        }
    }

    public void SetLatest(string pipeline, string stage, string key) =>
        Execute("INSERT OR REPLACE INTO latest VALUES ($pipeline, $stage, $key)", ("$pipeline", pipeline), ("$stage", stage), ("$key", key));

    /// <summary>A pipeline's stages have no latest artifacts any more.</summary>
    public void Forget(string pipeline) => Execute("DELETE FROM latest WHERE pipeline = $pipeline", ("$pipeline", pipeline));

    /// <summary>What a file's digest was when the file was in this state; null: not known.</summary>
    public string? KnownDigest(string path, string state) =>
        Scalar("SELECT digest FROM digests WHERE path = $path AND state = $state", ("$path", path), ("$state", state));

    public void KeepDigest(string path, string state, string digest) =>
        Execute("INSERT OR REPLACE INTO digests VALUES ($path, $state, $digest)", ("$path", path), ("$state", state), ("$digest", digest));

    public void Dispose() => connection.Dispose();

    private void Execute(string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        lock (gate)
        {
            using var command = Command(sql, values);
            command.ExecuteNonQuery();
        }
    }

    private string? Scalar(string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        lock (gate)
        {
            using var command = Command(sql, values);
            return command.ExecuteScalar() as string;
        }
    }

    private SqliteCommand Command(string sql, ReadOnlySpan<(string Name, object Value)> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value);
        return command;
    }
}
