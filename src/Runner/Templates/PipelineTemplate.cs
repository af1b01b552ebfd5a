namespace DataflowRlhf.Runner.Templates;

/// <summary>A pipeline to start from: votes on the labels, their repair, and what it brings. Small: half a minute on two cores.</summary>
internal static class PipelineTemplate
{
    public const string Schema = "pipeline.schema.json";

    /// <param name="file">What the file is called.</param>
    public static string Of(string name, string file) => Text.Replace("@name@", name, StringComparison.Ordinal).Replace("@file@", file, StringComparison.Ordinal);

    private const string Text = """
        # @name@: reward models vote on each label, labels that they do not believe are mended, and one model learns from what is mended.
        #
        #   rlhf check @file@                        every mistake at once; runs nothing
        #   rlhf run @file@                          runs what is stale, finds the rest in the store
        #   rlhf run @file@ --set clean.recipe=flip
        #   rlhf stages relabel                      a stage's inputs, columns and options
        #
        # yaml-language-server: $schema=pipeline.schema.json

        pipeline: @name@
        seed: 16
        params: { voters: 3 }

        stages:
          # Invented preferences whose wrong labels are known. Your own:  pairs: { uses: read-preferences, with: { path: data/*.parquet } }
          pairs: { uses: make-preferences, with: { pairs: 400, ood: 40, wrong-labels: 0.2 } }
          tokenizer: { uses: train-tokenizer, from: pairs, with: { vocab-size: 400 } }
          tokens: { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer }, with: { max-tokens: 160 } }

          # A small language model from nothing. A Hugging Face folder instead:  with: { init: models/my-model }
          sft:
            uses: train-sft
            from: { pairs: tokens, tokenizer: tokenizer }
            with: { hidden-size: 32, layers: 1, heads: 2, ffn-size: 64, max-positions: 192, epochs: 2, batch-size: 16, learning-rate: 0.003 }

          # Voters: the same pairs in other orders.
          voter:
            uses: train-reward
            foreach: { voter: "1..${voters}" }
            from: { pairs: tokens, init: sft }
            with: { shuffle-seed: "${voter}", batch-size: 16, learning-rate: 0.001 }
          votes: { uses: score-ensemble, from: { pairs: tokens, models: "voter[*]" } }
          strength: { uses: annotate-strength, from: votes }

          # The fifth of the labels that they believe least is turned round; the margin is what they believe.
          clean: { uses: relabel, from: strength, with: { recipe: flip+margin, flip-quantile: 0.2 } }

          reward: { uses: train-reward, from: { pairs: clean, init: sft }, with: { batch-size: 16, learning-rate: 0.001 } }
          accuracy: { uses: evaluate-reward, from: { pairs: strength, models: ["voter[1]", reward] } }
          report: { uses: report, from: [strength, clean, accuracy, sft, reward] }

        """;
}
