using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.World;

/// <summary>Invents prompts. Out of distribution both differ, what is wanted and how it is said, but every word is one that other texts use too.</summary>
internal static class PromptWriter
{
    private static readonly Dictionary<Asked, string[]> Questions = new()
    {
        [Asked.Price] = ["What do they cost?", "How much are they?"],
        [Asked.Day] = ["When can I come?", "What day is good?"],
        [Asked.Shelf] = ["Where are they?", "On what shelf?"],
    };

    private static readonly Dictionary<Asked, string> OodQuestions = new()
    {
        [Asked.Price] = "How much do they cost?",
        [Asked.Day] = "On what day can I come?",
        [Asked.Shelf] = "Where is the shelf?",
    };

    public static (string Text, Request Request, string OwnNumber, string OwnItem) Write(SeededRandom random, bool ood)
    {
        var asked = random.Pick<Asked>([Asked.Price, Asked.Day, Asked.Shelf]);
        var request = new Request(random.Pick(Words.Numbers), random.Pick(Words.Colours), random.Pick(ood ? Words.OodItems : Words.Items), asked);
        var number = Other(random, Words.Numbers, request.Number!);
        var item = Other(random, ood ? Words.Items : Words.AllItems, request.Item!);
        var place = random.Pick(Words.Places);
        if (ood)
            return ($"We have {number} {item}. So, I need {request.Number} {request.Colour} {request.Item}, it is for the {place}. {OodQuestions[asked]}", request, number, item);
        var wish = $"{request.Number} {request.Colour} {request.Item} for the {place}";
        var verb = random.Next(2) == 0 ? "want" : "need";
        var question = random.Pick(Questions[asked]);
        var text = random.Next(2) == 0
            ? $"I have {number} {item}. I {verb} {wish}. {question}"
            : $"I {verb} {wish}. I have {number} {item}. {question}";
        return (text, request, number, item);
    }

    /// <summary>One of the words, but not this one.</summary>
    public static string Other(SeededRandom random, string[] words, string not)
    {
        var pick = random.Pick(words);
        while (pick == not)
            pick = random.Pick(words);
        return pick;
    }
}
