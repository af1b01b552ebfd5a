namespace DataflowRlhf.Stages.World;

/// <summary>What a prompt wants: so many goods of a colour, and an answer to one question.</summary>
/// <param name="Number">How many, such as <c>four</c>; null where the text does not say.</param>
internal sealed record Request(string? Number, string? Colour, string? Item, Asked? Asked)
{
    private static readonly Dictionary<string, Asked> Keys = new()
    {
        ["cost"] = World.Asked.Price, ["much"] = World.Asked.Price, ["price"] = World.Asked.Price,
        ["when"] = World.Asked.Day, ["day"] = World.Asked.Day,
        ["where"] = World.Asked.Shelf, ["shelf"] = World.Asked.Shelf,
    };

    /// <summary>Reads any text. The wish is the first number, colour and thing after <c>want</c>, <c>need</c> or <c>like</c>, so that what somebody has already is not mistaken for it.</summary>
    public static Request Of(string prompt)
    {
        var words = Words.Split(prompt);
        var wish = words.FindIndex(w => Words.Wishes.Contains(w));
        var after = wish < 0 ? [] : words[wish..];
        var question = words.FirstOrDefault(Keys.ContainsKey);
        return new Request(after.Find(Words.Numbers.Contains), after.Find(Words.Colours.Contains), after.Find(Words.AllItems.Contains), question is null ? null : Keys[question]);
    }
}
