namespace DataflowRlhf.Graph;

/// <summary>What one cell of a column holds.</summary>
public enum ColumnType
{
    Bool,
    Int32,
    Int64,
    Float,
    Double,
    Text,
    Binary,
    Int32List,
    FloatList,
    TextList,
}
