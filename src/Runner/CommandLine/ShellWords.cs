using System.Text;

namespace DataflowRlhf.Runner.CommandLine;

/// <summary>A command line in words, as a shell would part it; the last is what is being typed, and may be empty.</summary>
internal static class ShellWords
{
    public static IReadOnlyList<string> Split(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var quote = '\0';
        var begun = false;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quote != '\0')
            {
                if (c == quote)
                    quote = '\0';
                else if (c == '\\' && quote == '"' && i + 1 < line.Length)
                    word.Append(line[++i]);
                else
                    word.Append(c);
            }
            else if (c is '\'' or '"')
                (quote, begun) = (c, true);
            else if (c == '\\' && i + 1 < line.Length)
                word.Append(line[++i]);
            else if (!char.IsWhiteSpace(c))
                word.Append(c);
            else if (begun || word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
                begun = false;
            }
        }
        words.Add(word.ToString());
        return words;
    }
}
