using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Learning.Weights;

namespace DataflowRlhf.Stages;

/// <summary>Which of the learning box's exceptions speak to the person: their message stands as it is.</summary>
public static class Failures
{
    public static bool SpeakClearly(Exception problem) =>
        problem is TokenizerFileException or ModelFolderException or SafetensorsException or TrainingDivergedException or UnknownTokenException;

    /// <summary>Whether memory ran short: the runtime's, or in words of libtorch, whose exceptions have no type of their own.</summary>
    public static bool IsOutOfMemory(Exception problem) => problem is OutOfMemoryException
        || (problem is System.Runtime.InteropServices.ExternalException && Words.Any(w => problem.Message.Contains(w, StringComparison.OrdinalIgnoreCase)));

    private static readonly string[] Words = ["out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory"];
}
