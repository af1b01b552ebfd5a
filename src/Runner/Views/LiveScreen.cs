using System.Text;
using Spectre.Console;
using Spectre.Console.Advanced;

namespace DataflowRlhf.Runner.Views;

/// <summary>
/// Lines that stay, and below them some that are drawn again and again. A frame is one write that goes over what was there line by line, so that nothing
/// flickers; the cursor stays visible and the terminal whole, however the program ends.
/// </summary>
internal sealed class LiveScreen(IAnsiConsole console)
{
    private const string ToLineEnd = "\u001b[K", ToScreenEnd = "\u001b[J";
    private int drawn;

    /// <summary>Letters that a line takes without touching the terminal's edge, where cursors of terminals behave differently.</summary>
    public int Width => Math.Max(20, console.Profile.Width - 1);

    /// <summary>Draws a frame.</summary>
    /// <param name="above">Lines of markup that stay, of any length.</param>
    /// <param name="live">Lines of markup no longer than <see cref="Width"/>; those for which there is no room are counted in one.</param>
    public void Draw(IReadOnlyList<string> above, IReadOnlyList<string> live)
    {
        var room = Math.Max(2, console.Profile.Height - 2);
        IReadOnlyList<string> shown = live.Count <= room ? live : [.. live.Take(room - 1), $"[grey]… and {live.Count - room + 1} more lines[/]"];
        var frame = new StringBuilder(drawn > 0 ? $"\r\u001b[{drawn}A" : "");
        foreach (var line in above.Concat(shown))
            frame.Append(console.ToAnsi(new Markup(line)).TrimEnd('\r', '\n').Replace("\n", ToLineEnd + "\n", StringComparison.Ordinal)).Append(ToLineEnd).Append('\n');
        console.WriteAnsi(frame.Append(ToScreenEnd).ToString());
        drawn = shown.Count;
    }
}
