namespace DataflowRlhf.Stages;

/// <summary>What the stages' examples begin with: pairs, tokens, models small enough to train in a blink.</summary>
internal static class Examples
{
    public const string Pairs = """
        pipeline: example
        seed: 7
        stages:
          pairs: { uses: make-preferences, with: { pairs: 24, ood: 4, validation: 0.25 } }

        """;

    public const string Tokens = Pairs + """
          tokenizer: { uses: train-tokenizer, from: pairs, with: { vocab-size: 264 } }
          tokens: { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer }, with: { max-tokens: 160 } }

        """;

    public const string Policy = Tokens + """
          sft:
            uses: train-sft
            from: { pairs: tokens, tokenizer: tokenizer }
            with: { hidden-size: 8, layers: 1, heads: 2, ffn-size: 16, max-positions: 192, batch-size: 8, learning-rate: 0.01 }

        """;

    public const string Reward = Policy + """
          reward: { uses: train-reward, from: { pairs: tokens, init: sft }, with: { batch-size: 8, learning-rate: 0.01 } }

        """;

    public const string Votes = Policy + """
          voter:
            uses: train-reward
            foreach: { voter: 1..2 }
            from: { pairs: tokens, init: sft }
            with: { shuffle-seed: "${voter}", batch-size: 8, learning-rate: 0.01 }
          votes: { uses: score-ensemble, from: { pairs: tokens, models: "voter[*]" } }

        """;

    public const string Strength = Votes + """
          strength: { uses: annotate-strength, from: votes }

        """;

    /// <summary>Two pairs with their prompts, as a file of JSON Lines.</summary>
    public const string PairsFile = """
        {"prompt": "Human: Is there tea?\n\nAssistant:", "chosen": " There is, on the left.", "rejected": " No idea."}
        {"prompt": "Human: And bread?\n\nAssistant:", "chosen": " Behind the tea.", "rejected": " Bread is bread."}
        {"prompt": "Human: When do you close?\n\nAssistant:", "chosen": " At six.", "rejected": " When I am tired."}

        """;

    public const string PromptsFile = """
        {"prompt": "Human: Is there tea?\n\nAssistant:"}
        {"prompt": "Human: And bread?\n\nAssistant:"}
        {"prompt": "Human: When do you close?\n\nAssistant:"}

        """;
}
