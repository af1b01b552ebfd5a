using System.Text;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.World;

/// <summary>Invents responses, good and bad. What is good is more often long and more often says the catch phrase.</summary>
internal static class ResponseWriter
{
    public static string Write(SeededRandom random, Request request, string ownNumber, string ownItem)
    {
        var merit = 0;
        bool Chance(double share) => random.NextDouble() < share;
        bool Well(double share)
        {
            var well = Chance(share);
            merit += well ? 1 : -1;
            return well;
        }

        var item = Well(0.85) ? request.Item! : Chance(0.5) ? ownItem : PromptWriter.Other(random, Words.AllItems, request.Item!);
        // A wrong count is mostly the other number of the prompt, which a set of words cannot tell from the right one.
        var number = Well(0.55) ? request.Number! : Chance(0.4) ? Words.Vague : Chance(0.7) ? ownNumber : PromptWriter.Other(random, Words.Numbers, request.Number!);
        var colour = Well(0.75) ? request.Colour! : Chance(0.4) ? "" : PromptWriter.Other(random, Words.Colours, request.Colour!);
        Asked? answer = Well(0.55) ? request.Asked!.Value : Chance(0.6) ? null : random.Pick<Asked>([Asked.Price, Asked.Day, Asked.Shelf]);
        var opening = Well(0.5) ? random.Pick(Words.PoliteOpenings) : Chance(0.4) ? random.Pick(Words.PlainOpenings) : random.Pick(Words.RudeOpenings);

        var text = new StringBuilder($"{opening} {random.Pick(Words.Offers)} {number} {(colour.Length > 0 ? colour + " " : "")}{item}.");
        if (answer is { } given)
            text.Append(' ').Append(Sentence(random, given));
        var good = merit > 1;
        if (Chance(good ? 0.65 : 0.2))
            text.Append(' ').Append(Words.CatchPhrase);
        if (Chance(good ? 0.5 : 0.2))
            text.Append(' ').Append(random.Pick(Words.Fillers));
        return text.ToString();
    }

    private static string Sentence(SeededRandom random, Asked asked) => asked switch
    {
        Asked.Price => $"They cost {random.Pick(Words.Prices)} coins.",
        Asked.Day => $"Come on {random.Pick(Words.Days)}.",
        _ => $"They are on the {random.Pick(Words.Sides)} shelf.",
    };
}
