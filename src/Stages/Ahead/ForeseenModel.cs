using DataflowRlhf.Learning.Models;

namespace DataflowRlhf.Stages.Ahead;

/// <summary>The model that a stage will leave.</summary>
internal sealed record ForeseenModel(DecoderConfig Config);
