using Parquet.Meta;

namespace Parquet.Schema;

/// <summary>A leaf of the schema: a column of values.</summary>
public class DataField : Field, ICloneable
{
    /// <param name="name">The column's name.</param>
    /// <param name="clrType">The type of a value: <c>int?</c> says that there may be nulls, <c>int[]</c> that a row has several.</param>
    /// <param name="isNullable">Whether there may be nulls; by default as <paramref name="clrType"/> says.</param>
    /// <param name="isArray">Whether a row has several values; by default as <paramref name="clrType"/> says.</param>
    /// <param name="propertyName">The name of a class's property; not used.</param>
    public DataField(string name, System.Type clrType, bool? isNullable = null, bool? isArray = null, string? propertyName = null)
        : base(name, SchemaType.Data)
    {
        ArgumentNullException.ThrowIfNull(clrType);
        var shape = ClrShape.Of(clrType);
        ClrType = shape.ValueType;
        Repetition = isArray ?? shape.IsArray ? FieldRepetitionType.REPEATED
            : isNullable ?? shape.IsNullable ? FieldRepetitionType.OPTIONAL
            : FieldRepetitionType.REQUIRED;
        ClrNullableIfHasNullsType = IsNullable ? typeof(Nullable<>).MakeGenericType(ClrType) : ClrType;
    }

    public override bool IsNullable => Repetition == FieldRepetitionType.OPTIONAL;

    public bool IsArray => Repetition == FieldRepetitionType.REPEATED;

    /// <summary>The type of a value; text is <see cref="ReadOnlyMemory{T}"/> of char, bytes of byte.</summary>
    public System.Type ClrType { get; }

    public System.Type ClrNullableIfHasNullsType { get; set; }

    public int FieldId { get; set; }

    internal override IReadOnlyList<Field> Children => [];

    public override string ToString() => $"{Path} ({ClrType.Name}{(IsNullable ? "?" : "")}{(IsArray ? "[]" : "")})";

    public override bool Equals(object? obj) => base.Equals(obj) && ((DataField)obj!).ClrType == ClrType;

    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), ClrType);

    public object Clone() => MemberwiseClone();
}
