using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages;

/// <summary>Every column of the domain, under the ecosystem's names.</summary>
public static class Columns
{
    /// <summary>A row's lasting name: joins are by this, never by position.</summary>
    public static readonly Column<string> RowId = new("row_id");

    /// <summary>Where a row that was read stands: file and line (or row), from 1, such as <c>train.jsonl:17</c>.</summary>
    public static readonly Column<string> SourceRow = new("source_row");

    /// <summary>train, validation or ood. A prompt is never on two sides.</summary>
    public static readonly Column<string> Split = new("split");

    public static readonly Column<string> Prompt = new("prompt");
    public static readonly Column<string> Chosen = new("chosen");
    public static readonly Column<string> Rejected = new("rejected");

    public static readonly Column<int[]> PromptIds = new("prompt_ids");

    /// <summary>Tokens of the chosen response, eos included.</summary>
    public static readonly Column<int[]> ChosenIds = new("chosen_ids");
    public static readonly Column<int[]> RejectedIds = new("rejected_ids");

    /// <summary>Names the ranked list that a comparison comes from.</summary>
    public static readonly Column<string> PromptGroup = new("prompt_group");

    /// <summary>The chosen response's rank in its list, 1 the best.</summary>
    public static readonly Column<float> ChosenRank = new("chosen_rank");
    public static readonly Column<float> RejectedRank = new("rejected_rank");

    /// <summary>One score a voter, in the voters' order.</summary>
    public static readonly Column<float[]> ChosenScores = new("chosen_scores");
    public static readonly Column<float[]> RejectedScores = new("rejected_scores");

    /// <summary>Mean over the voters of r(chosen) − r(rejected), paper (4).</summary>
    public static readonly Column<float> StrengthMean = new("strength_mean");

    /// <summary>Population standard deviation of the same.</summary>
    public static readonly Column<float> StrengthStd = new("strength_std");

    /// <summary>Share of rows with a smaller mean, in [0, 1].</summary>
    public static readonly Column<float> StrengthQuantile = new("strength_quantile");

    /// <summary>0 (weakest) to 9.</summary>
    public static readonly Column<int> StrengthDecile = new("strength_decile");

    /// <summary>Share of the voters with r(chosen) &gt; r(rejected).</summary>
    public static readonly Column<float> VoterAgreement = new("voter_agreement");

    /// <summary>The loss's margin m, METHOD: −log σ(d − m).</summary>
    public static readonly Column<float> Margin = new("margin");

    /// <summary>The loss's soft label α: 0 hard, 1 flipped.</summary>
    public static readonly Column<float> Alpha = new("alpha");

    /// <summary>Whether relabel swapped chosen and rejected of this row.</summary>
    public static readonly Column<bool> Relabeled = new("relabel_flipped");
    public static readonly Column<string> RelabelReason = new("relabel_reason");

    /// <summary>Planted truth of the synthetic world: the label as given is wrong. Training never reads it.</summary>
    public static readonly Column<bool> TruthFlipped = new("truth_flipped");

    /// <summary>Planted truth: gold(chosen) − gold(rejected) as labelled.</summary>
    public static readonly Column<float> TruthMargin = new("truth_margin");

    /// <summary>Sampled responses of one prompt, as texts.</summary>
    public static readonly Column<string[]> Responses = new("responses");

    /// <summary>Token ids of one prompt's k responses, one after the other; cut by <see cref="ResponseLengths"/>.</summary>
    public static readonly Column<int[]> ResponseIds = new("response_ids");
    public static readonly Column<int[]> ResponseLengths = new("response_lengths");

    /// <summary>Log-probabilities of the sampled tokens under the sampling policy, aligned with <see cref="ResponseIds"/>.</summary>
    public static readonly Column<float[]> ResponseLogProbs = new("response_logprobs");
}
