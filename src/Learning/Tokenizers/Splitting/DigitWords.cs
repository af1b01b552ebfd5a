namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Sets numbers apart from everything else; each digit alone, or each run of digits.</summary>
internal sealed class DigitWords(bool individual) : IWordSplitter
{
    public void Split(ReadOnlySpan<char> text, int offset, List<(int Offset, int Length)> words)
    {
        for (var i = 0; i < text.Length;)
        {
            var start = i;
            var number = CharacterClasses.At(text, i, out var length) == CharacterClass.Number;
            i += length;
            while (i < text.Length && !(number && individual) && CharacterClasses.At(text, i, out length) == CharacterClass.Number == number)
                i += length;
            words.Add((offset + start, i - start));
        }
    }
}
