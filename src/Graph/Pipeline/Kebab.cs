using System.Text;
using System.Text.RegularExpressions;

namespace DataflowRlhf.Graph;

/// <summary>Names as YAML writes them: <c>FlipBelow</c> is <c>flip-below</c>.</summary>
public static partial class Kebab
{
    /// <summary>Whether a name is written so: words of small letters and digits between single dashes, a letter first.</summary>
    public static bool Is(string name) => Shape().IsMatch(name);

    [GeneratedRegex(@"^[a-z][a-z0-9]*(-[a-z0-9]+)*\z")]
    private static partial Regex Shape();

    public static string Of(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            var starts = char.IsUpper(name[i]) && i > 0 && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (starts)
                text.Append('-');
            text.Append(char.ToLowerInvariant(name[i]));
        }
        return text.ToString();
    }
}
