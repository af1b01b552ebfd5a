using System.Text;
using System.Text.Json;

namespace DataflowRlhf.Bench;

internal static class TokenizeBench
{
    /// <param name="folder">Where the tokenizer and the ids of the file's texts are left, for bench/readers; null: nowhere.</param>
    public static IEnumerable<Figure> Run(string file, string? folder)
    {
        var texts = Texts.Read(file).SelectMany(t => new[] { t.Chosen, t.Rejected }).ToList();
        yield return Figure.Of("learn a vocabulary of 8192", "s", [.. Enumerable.Range(0, 3).Select(_ => Figure.Seconds(() => Texts.Tokenizer(file, 8192)))]);
        var tokenizer = Texts.Tokenizer(file, 8192);
        if (folder is not null)
        {
            Directory.CreateDirectory(folder);
            foreach (var part in Directory.GetFiles(tokenizer.Folder))
                File.Copy(part, Path.Combine(folder, Path.GetFileName(part)), overwrite: true);
            File.WriteAllText(Path.Combine(folder, "ids.json"), JsonSerializer.Serialize(texts.Select(tokenizer.Encode)));
        }
        var corpus = new List<string>();
        for (long bytes = 0; bytes < 50_000_000;)
            foreach (var text in texts)
            {
                corpus.Add(text);
                bytes += Encoding.UTF8.GetByteCount(text);
            }
        var megabytes = corpus.Sum(t => (double)Encoding.UTF8.GetByteCount(t)) / 1e6;
        yield return Figure.Rate("encode, one thread", "MB/s", megabytes, () => corpus.ForEach(t => tokenizer.Encode(t)));
        var encoded = corpus.Take(20_000).Select(tokenizer.Encode).ToList();
        yield return Figure.Rate("decode, one thread", "Mtokens/s", encoded.Sum(e => e.Length) / 1e6, () => encoded.ForEach(e => tokenizer.Decode(e)));
    }
}
