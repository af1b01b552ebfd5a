using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Learning.Weights;

namespace DataflowRlhf.Stages;

/// <summary>Which of the learning box's exceptions speak to the person: their message stands as it is.</summary>
public static class Failures
{
    public static bool SpeakClearly(Exception problem) =>
        problem is TokenizerFileException or ModelFolderException or SafetensorsException or TrainingDivergedException;
}
