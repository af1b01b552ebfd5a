using Microsoft.Data.Sqlite;

namespace DataflowRlhf.Graph.Tests.Store;

public sealed class StoreIndexTests
{
    /// <summary>SQLite may end a transaction by itself, as it does on some full disks: what is told is why.</summary>
    [Fact]
    public void A_filling_that_the_disk_ends_tells_why()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("index-").FullName, "index.sqlite");
        using (new StoreIndex(file))
        {
        }
        using (var other = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = "CREATE TRIGGER full BEFORE INSERT ON latest BEGIN SELECT RAISE(ROLLBACK, 'no room'); END";
            command.ExecuteNonQuery();
        }
        var index = new StoreIndex(file);
        index.Invoking(i => i.Fill([new LatestArtifact("a", "b", new string('c', 64))])).Should().Throw<SqliteException>().WithMessage("*no room*");
        index.Dispose();
        using var again = new StoreIndex(file);
        again.IsFilled.Should().BeFalse();
    }
}
