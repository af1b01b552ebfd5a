using System.CommandLine;
using DataflowRlhf.Graph;
using TorchSharp;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf prove NAME</c>: the contract suite over one stage.</summary>
internal static class ProveCommand
{
    public static Command Make()
    {
        var name = new Argument<string>("name") { Description = "The stage, as 'uses:' has it." };
        var plugin = Plugins.Option();
        var device = Common.Device();
        var command = new Command("prove", """
            Tries on a stage's own example every rule that a pipeline relies on: equal seeds give equal bytes, however batches are cut; killed and begun again it leaves the same;
            cancelled it stops; what it does not know passes on. One line a rule.

              rlhf prove shout --plugin shout/bin/Shout.dll

              ok      equal seeds give equal bytes, facts and curves
              broken  columns that it does not know pass on, and rows keep their order
                      row 3 comes behind row 4
              -       options for speed alone change no byte (it has no option for speed alone)

            Exit codes: 0 every rule is kept, 1 one is broken, 2 there is no such stage.
            """)
        { name, plugin, device };
        command.SetAction(async (parsed, _) =>
        {
            if (Plugins.Registry(parsed.GetRequiredValue(plugin)) is not { } registry
                || Plugins.Find(registry, parsed.GetRequiredValue(name), "rlhf prove") is not { } kind
                || Common.Options(parsed.GetRequiredValue(device)) is not { } options)
                return ExitCode.Wrong;
            using var contract = new StageContract(kind, registry, new ContractOptions { Device = options.Device, Clear = options.Clear, Alive = Alive }, TimeProvider.System);
            var broken = 0;
            foreach (var rule in StageContract.Rules)
            {
                var finding = await contract.CheckAsync(rule);
                broken += finding.Verdict == ContractVerdict.Broken ? 1 : 0;
                Console.WriteLine(finding.Verdict switch
                {
                    ContractVerdict.Ok => $"  ok      {rule}",
                    ContractVerdict.Broken => $"  broken  {rule}\n          {finding.Why}",
                    _ => $"  -       {rule} ({finding.Why})",
                });
            }
            Console.WriteLine(broken == 0 ? $"{kind.Name} keeps every rule." : $"{kind.Name} breaks {broken} of {StageContract.Rules.Count} rules.");
            return broken == 0 ? ExitCode.Done : ExitCode.StageFailed;
        });
        return command;
    }

    /// <summary>Tensors that are alive, on whatever thread they were made.</summary>
    private static long Alive() => torch.Tensor.TotalCount;
}
