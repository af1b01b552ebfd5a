using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Export;

/// <summary>Writes rows in a format, batch by batch.</summary>
internal interface IRowWriter
{
    void Begin(IReadOnlyList<Column> columns);

    void Write(Batch batch, IReadOnlyList<Column> columns);

    void End();
}
