namespace DataflowRlhf.Runner.Templates;

/// <summary>The files of a user's own stage: a project that builds as it is, a row stage with an example, a pipeline that uses it.</summary>
internal static class StageTemplate
{
    /// <param name="name">As <c>uses:</c> will have it: small letters, digits, dashes.</param>
    /// <param name="program">The folder of the program's assemblies.</param>
    public static IReadOnlyList<NewFile> Files(string name, string program)
    {
        var type = string.Concat(name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        string Fill(string text) => text.Replace("@name@", name, StringComparison.Ordinal).Replace("@Type@", type, StringComparison.Ordinal)
            .Replace("@column@", name.Replace('-', '_') + "_words", StringComparison.Ordinal).Replace("@program@", System.Security.SecurityElement.Escape(program), StringComparison.Ordinal);
        return
        [
            new(type + ".csproj", Fill(Project)), new(type + ".cs", Fill(Code)), new(name + ".yaml", Fill(Pipeline)), new("Directory.Build.props", Fence),
        ];
    }

    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <!-- Packages that the stage needs are put beside it, where the program looks for them. -->
            <EnableDynamicLoading>true</EnableDynamicLoading>
            <OutputPath>bin/</OutputPath>
            <AppendTargetFrameworkToOutputPath>false</AppendTargetFrameworkToOutputPath>
            <NuGetAudit>false</NuGetAudit>
            <!-- The folder of rlhf.dll. Another one: dotnet build -p:Rlhf=/where/it/is -->
            <Rlhf Condition="'$(Rlhf)' == ''">@program@</Rlhf>
          </PropertyGroup>
          <ItemGroup>
            <!-- The program brings these itself: they are not copied. -->
            <Reference Include="DataflowRlhf.Graph" HintPath="$(Rlhf)/DataflowRlhf.Graph.dll" Private="false" />
            <Reference Include="DataflowRlhf.Learning" HintPath="$(Rlhf)/DataflowRlhf.Learning.dll" Private="false" />
            <Reference Include="DataflowRlhf.Stages" HintPath="$(Rlhf)/DataflowRlhf.Stages.dll" Private="false" />
          </ItemGroup>
        </Project>

        """;

    private const string Code = """"
        using System.ComponentModel.DataAnnotations;
        using DataflowRlhf.Graph;
        using DataflowRlhf.Stages;

        namespace MyStages;

        /// <summary>Counts the words of each chosen response, and puts rows with too few of them aside.</summary>
        [Stage("@name@", "Counts the words of each chosen response, and puts rows with too few of them aside.")]
        [Example("""
            pipeline: @name@-example
            seed: 16
            stages:
              pairs: { uses: make-preferences, with: { pairs: 40, ood: 4 } }
              @name@: { uses: @name@, from: pairs, with: { at-least: 3 } }
            """)]
        public sealed class @Type@(@Type@.Options options) : RowStage
        {
            private static readonly Column<int> Words = new("@column@");

            public sealed record Options
            {
                [Option("Rows whose chosen response has fewer words are put aside. Default: 1.")]
                [Range(0, 10_000)]
                public int AtLeast { get; init; } = 1;
            }

            /// <summary>What it needs and what it adds; every other column passes on.</summary>
            public override StagePorts Ports => new([new DatasetPort("pairs", Columns.Chosen)], Output.Through("pairs", Words));

            /// <summary>Called for one batch at a time, several side by side: whatever is the same for all batches belongs into PrepareAsync.</summary>
            public override Batch Map(Batch batch, IStageRun run)
            {
                var words = batch.Get(Columns.Chosen).Select(text => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length).ToArray();
                var kept = new List<int>();
                for (var row = 0; row < batch.Rows; row++)
                    if (words[row] >= options.AtLeast)
                        kept.Add(row);
                    else
                        run.Quarantine(batch, row, $"the chosen response has {words[row]} words");
                return batch.With(Words, words).Select([.. kept]);
            }
        }

        """";

    private const string Pipeline = """
        # A pipeline that uses the stage @name@. From this folder:
        #
        #   dotnet build
        #   rlhf run @name@.yaml
        #   rlhf prove @name@ --plugin bin/@Type@.dll
        #
        # For an editor's completion:  rlhf schema --plugin bin/@Type@.dll --output pipeline.schema.json
        # and this line without its first #:
        # # yaml-language-server: $schema=pipeline.schema.json

        pipeline: @name@
        seed: 16

        # Assemblies whose stages may be used, from this file's folder. Their code runs.
        plugins: [bin/@Type@.dll]

        stages:
          pairs: { uses: make-preferences, with: { pairs: 400, ood: 20 } }
          @name@: { uses: @name@, from: pairs, with: { at-least: 3 } }

        """;

    private const string Fence = """
        <!-- Nothing of a folder above goes into this build. -->
        <Project>
          <PropertyGroup>
            <ImportDirectoryBuildTargets>false</ImportDirectoryBuildTargets>
            <ImportDirectoryPackagesProps>false</ImportDirectoryPackagesProps>
          </PropertyGroup>
        </Project>

        """;
}
