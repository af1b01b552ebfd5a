using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Tokenizers;

/// <summary>The part of SentencePiece's <c>ModelProto</c> that encoding needs, read straight from the protobuf wire format.</summary>
internal sealed class SentencePieceModel
{
    public enum PieceType
    {
        Normal = 1,
        Unknown = 2,
        Control = 3,
        UserDefined = 4,
        Unused = 5,
        Byte = 6,
    }

    public readonly record struct Piece(string Text, float Score, PieceType Type);

    private const int UnigramType = 1;
    private const int BpeType = 2;

    public List<Piece> Pieces { get; } = [];
    public int ModelType { get; private set; } = UnigramType;
    public bool ByteFallback { get; private set; }
    public int UnknownId { get; private set; }
    public int BeginningId { get; private set; } = 1;
    public int EndId { get; private set; } = 2;
    public string UnknownPiece { get; private set; } = "<unk>";
    public string BeginningPiece { get; private set; } = "<s>";
    public string EndPiece { get; private set; } = "</s>";
    public bool TreatWhitespaceAsSuffix { get; private set; }
    public bool HasCharsMap { get; private set; }
    public bool AddDummyPrefix { get; private set; } = true;
    public bool RemoveExtraWhitespaces { get; private set; } = true;
    public bool EscapeWhitespaces { get; private set; } = true;

    public bool IsBpe => ModelType == BpeType;

    /// <exception cref="ArgumentException">The bytes are no SentencePiece model.</exception>
    public static SentencePieceModel Read(ReadOnlySpan<byte> bytes)
    {
        var model = new SentencePieceModel();
        foreach (var field in new Fields(bytes))
        {
            switch (field.Number)
            {
                case 1:
                    model.Pieces.Add(ReadPiece(field.Bytes));
                    break;
                case 2:
                    model.ReadTrainer(field.Bytes);
                    break;
                case 3:
                    model.ReadNormalizer(field.Bytes);
                    break;
            }
        }
        if (model.Pieces.Count == 0)
            throw new ArgumentException("The file is no SentencePiece model: it holds no pieces.");
        return model;
    }

    private static Piece ReadPiece(ReadOnlySpan<byte> bytes)
    {
        var piece = new Piece("", 0, PieceType.Normal);
        foreach (var field in new Fields(bytes))
        {
            piece = field.Number switch
            {
                1 => piece with { Text = Encoding.UTF8.GetString(field.Bytes) },
                2 => piece with { Score = BitConverter.Int32BitsToSingle((int)field.Value) },
                3 => piece with { Type = (PieceType)field.Value },
                _ => piece,
            };
        }
        return piece;
    }

    private void ReadTrainer(ReadOnlySpan<byte> bytes)
    {
        foreach (var field in new Fields(bytes))
        {
            switch (field.Number)
            {
                case 3: ModelType = (int)field.Value; break;
                case 24: TreatWhitespaceAsSuffix = field.Value != 0; break;
                case 35: ByteFallback = field.Value != 0; break;
                case 40: UnknownId = (int)field.Value; break;
                case 41: BeginningId = (int)field.Value; break;
                case 42: EndId = (int)field.Value; break;
                case 45: UnknownPiece = Encoding.UTF8.GetString(field.Bytes); break;
                case 46: BeginningPiece = Encoding.UTF8.GetString(field.Bytes); break;
                case 47: EndPiece = Encoding.UTF8.GetString(field.Bytes); break;
            }
        }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> bytes)
    {
        foreach (var field in new Fields(bytes))
        {
            switch (field.Number)
            {
                case 2: HasCharsMap = field.Bytes.Length > 0; break;
                case 3: AddDummyPrefix = field.Value != 0; break;
                case 4: RemoveExtraWhitespaces = field.Value != 0; break;
                case 5: EscapeWhitespaces = field.Value != 0; break;
            }
        }
    }

    private readonly ref struct Field
    {
        public int Number { get; init; }
        public ulong Value { get; init; }
        public ReadOnlySpan<byte> Bytes { get; init; }
    }

    /// <summary>Walks over a message's fields; every length is checked against what is there.</summary>
    private ref struct Fields(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> rest = rest;

        public Field Current { get; private set; }

        public readonly Fields GetEnumerator() => this;

        public bool MoveNext()
        {
            if (rest.IsEmpty)
                return false;
            var tag = Varint();
            var number = (int)(tag >> 3);
            Current = (tag & 7) switch
            {
                0 => new Field { Number = number, Value = Varint() },
                1 => new Field { Number = number, Value = BinaryPrimitives.ReadUInt64LittleEndian(Take(8)) },
                2 => new Field { Number = number, Bytes = Take(Varint()) },
                5 => new Field { Number = number, Value = BinaryPrimitives.ReadUInt32LittleEndian(Take(4)) },
                var wire => throw new ArgumentException($"The file is no SentencePiece model: wire type {wire} is none of protobuf's."),
            };
            return true;
        }

        private ReadOnlySpan<byte> Take(ulong length)
        {
            if (length > (ulong)rest.Length)
                throw new ArgumentException($"The SentencePiece model is cut short: a field wants {length} bytes, {rest.Length} are left.");
            var taken = rest[..(int)length];
            rest = rest[(int)length..];
            return taken;
        }

        private ulong Varint()
        {
            ulong value = 0;
            for (var shift = 0; shift < 70 && !rest.IsEmpty; shift += 7)
            {
                var b = rest[0];
                rest = rest[1..];
                value |= (ulong)(b & 0x7F) << shift;
                if (b < 0x80)
                    return value;
            }
            throw new ArgumentException("The SentencePiece model is cut short, or is none: a number does not end.");
        }
    }
}
