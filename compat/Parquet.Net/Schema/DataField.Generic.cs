namespace Parquet.Schema;

/// <summary>A leaf of the schema whose type is known when the program is compiled.</summary>
public class DataField<T> : DataField
{
    public DataField(string name, bool? nullable = null) : base(name, typeof(T), nullable) { }
}
