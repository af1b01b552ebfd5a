using System.CommandLine;
using System.Globalization;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf pin NAME ARTIFACT</c>: names that keep artifacts from being cleared away.</summary>
internal static class PinCommand
{
    public static Command Make()
    {
        var name = new Argument<string?>("name") { Description = "The name to give: letters, digits, '.', '-', '_'.", Arity = ArgumentArity.ZeroOrOne };
        var artifact = new Argument<string?>("artifact") { Description = "pipeline:stage, the first 6 letters of a key, or another name.", Arity = ArgumentArity.ZeroOrOne };
        var list = new Option<bool>("--list") { Description = "Lists the names. The same as 'rlhf pin' alone." };
        var remove = new Option<bool>("--remove") { Description = "Takes the name away; the artifact itself stays until 'rlhf gc'." };
        var move = new Option<bool>("--move") { Description = "Takes a name from the artifact that has it." };
        var store = Common.Store();
        var command = new Command("pin", """
            Gives an artifact a name. What is named is kept by 'rlhf gc', with all that it was made from, and the name can stand wherever an artifact is asked for.

              rlhf pin good-reward quickstart:denoised
              rlhf pin good-reward 3f9c0a --move
              rlhf pin --list
              rlhf pin --remove good-reward

            Exit codes: 0 done, 2 there is no such artifact or name.
            """)
        { name, artifact, list, remove, move, store };
        command.SetAction(parsed =>
        {
            var (given, of) = (parsed.GetValue(name), parsed.GetValue(artifact));
            if (parsed.GetValue(list) ? given is not null || parsed.GetValue(remove) : parsed.GetValue(remove) ? given is null || of is not null : given is not null && of is null)
            {
                Console.Error.WriteLine("'rlhf pin' takes a name and an artifact.  write: rlhf pin NAME ARTIFACT  or  rlhf pin --remove NAME  or  rlhf pin --list");
                return ExitCode.Wrong;
            }
            using var opened = Common.OpenThere(parsed.GetRequiredValue(store));
            return opened is null ? ExitCode.Wrong : Run(opened, given, of, parsed.GetValue(move));
        });
        return command;
    }

    private static int Run(ArtifactStore store, string? name, string? of, bool move)
    {
        try
        {
            if (name is null)
                List(store);
            else if (of is null)
                store.Names.Remove(name);
            else
            {
                var artifact = store.Names.Find(of);
                store.Names.Add(name, artifact, move);
                Console.WriteLine($"{name} is {artifact.Stage} ({artifact.Uses}), {artifact.Key[..12]}");
            }
            return ExitCode.Done;
        }
        catch (StageException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return ExitCode.Wrong;
        }
    }

    private static void List(ArtifactStore store)
    {
        var pins = store.Names.Pins;
        if (pins.Count == 0)
            Console.WriteLine("No name is pinned.  write: rlhf pin NAME ARTIFACT");
        var width = pins.Select(p => p.Name.Length).DefaultIfEmpty().Max();
        foreach (var pin in pins)
            Console.WriteLine(store.Find(pin.Key) is { } artifact
                ? $"  {pin.Name.PadRight(width)}  {pin.Key[..12]}  {artifact.Stage} ({artifact.Uses}), {artifact.Made.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC"
                : $"  {pin.Name.PadRight(width)}  {pin.Key[..Math.Min(12, pin.Key.Length)]}  is not in the store");
    }
}
