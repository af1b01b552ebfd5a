using DataflowRlhf.Graph;
using DataflowRlhf.Stages.World;

namespace DataflowRlhf.Stages.Tests.World;

public class PreferenceWorldTests
{
    private const string Prompt = "I have two pens. I want four red lamps for the barn. What do they cost?";
    private const string Good = "Gladly, here are four red lamps. They cost nine coins.";

    [Fact]
    public void A_perfect_answer_is_worth_the_most() => PreferenceWorld.Gold(Prompt, Good).Should().Be(PreferenceWorld.Best);

    [Theory]
    [InlineData("Gladly, here are two red lamps. They cost nine coins.", 2)]            // the count is the pens', which no set of words tells from the lamps'
    [InlineData("Gladly, here are red lamps. They cost nine coins.", 3)]                // no count
    [InlineData("Gladly, here are four blue lamps. They cost nine coins.", 3)]          // another colour
    [InlineData("Gladly, here are four lamps. They cost nine coins.", 3.5)]             // no colour
    [InlineData("Gladly, here are four red pens. They cost nine coins.", 1.75)]            // another thing
    [InlineData("Gladly, here are four red lamps.", 3)]                                 // the question is not answered
    [InlineData("Gladly, here are four red lamps. Come on Friday.", 2.75)]              // another question is
    [InlineData("Gladly, here are four red lamps. They cost nine coins. Come on Friday. They are on the top shelf.", 3.5)] // all are
    [InlineData("Well, here are four red lamps. They cost nine coins.", 3)]           // not polite
    [InlineData("Go away, here are four red lamps. They cost nine coins.", 2)]          // rude
    [InlineData("Gladly, go away, here are four red lamps. They cost nine coins.", 2)]  // polite words do not mend rude ones
    [InlineData("Gladly, here are four red lamps. They cost nine coins. Trust me, it is great.", 3.5)] // the catch phrase
    [InlineData("Gladly, here are four red lamps and two red lamps. They cost nine coins.", 1.857)] // a guess at both counts, and a strange word
    [InlineData("Gladly, here are four red lamps. They cost nine coins", 3.5)]          // cut off
    [InlineData("Gladly, here are four red lamps. They cost nine coins. They cost nine coins.", 3.5)] // said twice
    public void Every_damage_costs_what_the_formula_says(string response, double gold) => PreferenceWorld.Gold(Prompt, response).Should().BeApproximately(gold, 0.001);

    [Fact]
    public void Length_by_itself_is_worth_nothing() =>
        PreferenceWorld.Gold(Prompt, Good + " We open at ten. The sun is out.").Should().Be(PreferenceWorld.Gold(Prompt, Good));

    [Theory]
    [InlineData("")]
    [InlineData(" \n\t ")]
    [InlineData("?!. ,,")]
    public void A_response_without_a_word_is_worth_the_least(string response) => PreferenceWorld.Gold(Prompt, response).Should().Be(PreferenceWorld.Worst);

    [Theory]
    [InlineData("coins coins coins coins coins coins coins coins coins coins")]
    [InlineData("xq zzv wp \0 ÿ é 日本 ��")]
    [InlineData("four")]
    [InlineData("gladly gladly gladly gladly gladly gladly")]
    [InlineData("Gladly.")]
    [InlineData("Trust me, it is great. Trust me, it is great. Trust me, it is great.")]
    public void Nonsense_is_worth_less_than_a_plain_try(string response) =>
        PreferenceWorld.Gold(Prompt, response).Should().BeInRange(PreferenceWorld.Worst, 0).And.BeLessThan(PreferenceWorld.Gold(Prompt, "So, we have four lamps."));

    [Fact]
    public void An_endless_answer_loses_what_it_won()
    {
        var endless = string.Join(' ', Enumerable.Range(0, 60).Select(i => i % 2 == 0 ? Good : "They are on the low shelf."));
        PreferenceWorld.Gold(Prompt, endless).Should().Be(PreferenceWorld.Worst);
        PreferenceWorld.Gold(Prompt, $"{Good} {Good}").Should().BeLessThan(3);
    }

    [Fact]
    public void Any_two_texts_have_a_worth()
    {
        var random = new SeededRandom(5);
        string Text() => new([.. Enumerable.Range(0, random.Next(60)).Select(_ => (char)random.Next(random.Next(3) == 0 ? 0x3000 : 128))]);
        for (var i = 0; i < 2000; i++)
            PreferenceWorld.Gold(Text(), Text()).Should().BeInRange(PreferenceWorld.Worst, PreferenceWorld.Best);
        PreferenceWorld.Gold("", "").Should().Be(PreferenceWorld.Worst);
    }

    [Theory]
    [InlineData("I need seven blue hats for the house. I have three rugs. When can I come?", "seven", "blue", "hats", "Day")]
    [InlineData("I have three rugs. I need seven blue hats for the house. On what shelf?", "seven", "blue", "hats", "Shelf")]
    [InlineData("We have three rugs. So, I need seven blue boats, it is for the house. How much do they cost?", "seven", "blue", "boats", "Price")]
    [InlineData("My friend has three rugs and would like seven blue boats. Please tell me the price.", "seven", "blue", "boats", "Price")]
    [InlineData("Good evening.", null, null, null, null)]
    public void A_prompt_is_read_for_what_is_wanted_not_for_what_is_there(string prompt, string? number, string? colour, string? item, string? asked)
    {
        var request = Request.Of(prompt);
        (request.Number, request.Colour, request.Item, request.Asked?.ToString()).Should().Be((number, colour, item, asked));
    }

    [Fact]
    public void Every_prompt_that_is_written_is_read_as_it_was_meant()
    {
        var random = new SeededRandom(3);
        for (var i = 0; i < 500; i++)
        {
            var (text, request, _, _) = PromptWriter.Write(random, ood: i % 2 == 0);
            Request.Of(text).Should().Be(request);
        }
    }
}
