using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Models.Lora;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Learning.Weights;
using DataflowRlhf.Stages.Reading;
using Parquet;
using Parquet.Schema;
using static TorchSharp.torch;

namespace DataflowRlhf.Stages.Tests.Hostile;

/// <summary>Every reader of a file of the user's, against damage of every kind.</summary>
public sealed class ReaderTests : IDisposable
{
    private readonly TinyWorld world = new();

    public void Dispose() => world.Dispose();

    public static TheoryData<string> Readers() =>
    [
        "tokenizer.json", "vocab.json", "merges.txt", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja",
        "config.json", "model.safetensors", "model.safetensors.index.json", "adapter_config.json", "adapter_model.safetensors",
        "pairs.jsonl", "pairs.jsonl.gz", "pairs.jsonl.zst", "pairs.parquet",
    ];

    [Theory]
    [MemberData(nameof(Readers))]
    public void A_damaged_file_is_said_to_be_damaged(string file)
    {
        var (folder, read) = Good(file);
        Trial.Run($"the good {file}", () => read(folder)).Should().BeNull();
        var path = Path.Combine(folder, file);
        var good = File.ReadAllBytes(path);
        var clear = 0;
        foreach (var (name, bytes) in Damage.Of(good))
        {
            File.WriteAllBytes(path, bytes);
            clear += Trial.Run($"{file}: {name}", () => read(folder)) is null ? 0 : 1;
        }
        clear.Should().BeGreaterThan(file == "chat_template.jinja" ? 0 : 9, "most damage can be seen");
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public void What_is_no_plain_file_is_not_waited_for(string file)
    {
        var (folder, read) = Good(file);
        var path = Path.Combine(folder, file);
        File.Delete(path);
        using (var made = Process.Start("mkfifo", [path]))
            made.WaitForExit();
        Trial.Run($"{file} is a pipe", () => read(folder)).Should().Contain("is a pipe");
        File.Delete(path);
        File.CreateSymbolicLink(path, "/dev/zero");
        Trial.Run($"{file} is a device", () => read(folder)).Should().Contain("is a device");
        File.Delete(path);
        Directory.CreateDirectory(path);
        Trial.Run($"{file} is a folder", () => read(folder));
        Directory.Delete(path);
        File.CreateSymbolicLink(path, path);
        Trial.Run($"{file} is a link to itself", () => read(folder));
    }

    [Theory]
    [InlineData("hidden_size")]
    [InlineData("num_hidden_layers")]
    [InlineData("num_attention_heads")]
    [InlineData("intermediate_size")]
    [InlineData("vocab_size")]
    [InlineData("max_position_embeddings")]
    [InlineData("rms_norm_eps")]
    [InlineData("model_type")]
    [InlineData("eos_token_id")]
    public void A_config_that_claims_too_much_is_refused_before_anything_is_made(string field)
    {
        var (folder, read) = Good("config.json");
        var path = Path.Combine(folder, "config.json");
        var good = File.ReadAllText(path);
        foreach (var value in (string[])["4611686018427387904", "2147483647", "1e999", "-1", "0", "1.5", "\"many\"", "[]", "{}", "null", "true"])
        {
            var config = JsonNode.Parse(good)!.AsObject();
            config.Remove(field);
            File.WriteAllText(path, config.ToJsonString().TrimEnd('}') + $",\"{field}\":{value}}}");
            Trial.Run($"{field}: {value}", () => read(folder));
        }
    }

    /// <summary>A folder in which everything is right, and how it is read.</summary>
    private (string Folder, Func<string, Task> Read) Good(string file)
    {
        Func<string, Task> tokenizer = f => Task.Run(() => TextTokenizer.Load(f).Encode("Hello, world"));
        Func<string, Task> model = f => Task.Run(() =>
        {
            using var scope = NewDisposeScope();
            ModelFolder.LoadCausalLm(f, CPU).Dispose();
        });
        switch (file)
        {
            case "vocab.json" or "merges.txt":
                return (Apart(), tokenizer);
            case "tokenizer.model":
                return (SentencePieces(), tokenizer);
            case "chat_template.jinja":
                var chat = world.Tokenizer();
                File.WriteAllText(Path.Combine(chat, file), "{% for m in messages %}{{ m['role'] + ': ' + m['content'] }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}");
                return (chat, f => Task.Run(() => ChatTemplate.Of(TextTokenizer.Load(f))?.Render(JsonSerializer.SerializeToElement(new[] { new { role = "user", content = "Hi" } }), new Dictionary<string, string>(), true)));
            case "tokenizer_config.json" or "special_tokens_map.json" or "added_tokens.json":
                var settings = world.Tokenizer();
                if (!File.Exists(Path.Combine(settings, file)))
                    File.WriteAllText(Path.Combine(settings, file), file[0] == 'a' ? "{\"<new>\": 900}" : "{\"pad_token\": {\"content\": \"<pad>\"}, \"add_bos_token\": false, \"tokenizer_class\": \"GPT2Tokenizer\"}");
                return (settings, tokenizer);
            case "tokenizer.json":
                return (world.Tokenizer(), tokenizer);
            case "config.json" or "model.safetensors":
                return (world.LanguageModel(), model);
            case "model.safetensors.index.json":
                var sharded = world.LanguageModel();
                using (var whole = SafetensorsReader.Open(Path.Combine(sharded, "model.safetensors")))
                    File.WriteAllText(Path.Combine(sharded, file), new JsonObject { ["weight_map"] = new JsonObject(whole.Names.Select(n => KeyValuePair.Create(n, (JsonNode?)"part.safetensors"))) }.ToJsonString());
                File.Move(Path.Combine(sharded, "model.safetensors"), Path.Combine(sharded, "part.safetensors"));
                return (sharded, f => Task.Run(() => ShardedCheckpoint.Open(f).Dispose()));
            case "adapter_config.json" or "adapter_model.safetensors":
                return Adapter();
            default:
                return (Pairs(file), f => Task.Run(async () =>
                {
                    using var run = new TestStageRun();
                    await new ReadPreferences(new ReadPreferences.Options { Path = Path.Combine(f, file) }).RunAsync(run);
                }));
        }
    }

    private (string Folder, Func<string, Task> Read) Adapter()
    {
        var start = world.LanguageModel();
        var folder = world.Folder("adapter");
        using (NewDisposeScope())
        {
            using var model = ModelFolder.LoadCausalLm(start, CPU);
            model.Adapt(new LoraSettings { Rank = 2, Alpha = 4 }, 1);
            LoraFolder.Save(model, folder, start);
        }
        return (folder, f => Task.Run(() =>
        {
            using var scope = NewDisposeScope();
            ModelFolder.LoadCausalLm(f, CPU).Dispose();
        }));
    }

    private string Apart()
    {
        var folder = world.Tokenizer();
        var path = Path.Combine(folder, "tokenizer.json");
        var model = JsonNode.Parse(File.ReadAllText(path))!["model"]!;
        File.Delete(path);
        (model["vocab"]!["He"], model["vocab"]!["Hel"]) = (258, 259);
        File.WriteAllText(Path.Combine(folder, "vocab.json"), model["vocab"]!.ToJsonString());
        File.WriteAllLines(Path.Combine(folder, "merges.txt"), ["#version: 0.2", "H e", "He l"]);
        return folder;
    }

    /// <summary>A SentencePiece model of pairs with a token for each byte, written by hand: field, type, value.</summary>
    private string SentencePieces()
    {
        var folder = Directory.CreateDirectory(world.Folder("pieces")).FullName;
        using var file = new MemoryStream();
        void Message(int field, byte[] body)
        {
            file.WriteByte((byte)(field << 3 | 2));
            file.WriteByte((byte)body.Length);
            file.Write(body);
        }
        void Piece(string text, byte type)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            Message(1, [0x0A, (byte)bytes.Length, .. bytes, 0x15, 0, 0, 0, 0, 0x18, type]);
        }
        Piece("<unk>", 2);
        Piece("<s>", 3);
        Piece("</s>", 3);
        for (var i = 0; i < 256; i++)
            Piece($"<0x{i:X2}>", 6);
        foreach (var letter in "▁Helowrd,")
            Piece(letter.ToString(), 1);
        Message(2, [0x18, 2, 0x98, 0x02, 1]);
        Message(3, [0x0A, 8, .. "identity"u8, 0x18, 1, 0x20, 0, 0x28, 1]);
        File.WriteAllBytes(Path.Combine(folder, "tokenizer.model"), file.ToArray());
        return folder;
    }

    private string Pairs(string file)
    {
        var folder = Directory.CreateDirectory(world.Folder("data")).FullName;
        var path = Path.Combine(folder, file);
        if (file.EndsWith(".parquet", StringComparison.Ordinal))
        {
            WriteParquet(path).GetAwaiter().GetResult();
            return folder;
        }
        var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 40).Select(i => JsonSerializer.Serialize(new { prompt = $"Question {i}", chosen = "good", rejected = "bad" }) + "\n")));
        if (file.EndsWith(".zst", StringComparison.Ordinal))
        {
            // One frame of one block that is not packed: magic, a single segment with its size in two bytes, the block's header.
            var (size, block) = (lines.Length - 256, lines.Length << 3 | 1);
            File.WriteAllBytes(path, [0x28, 0xB5, 0x2F, 0xFD, 0x60, (byte)size, (byte)(size >> 8), (byte)block, (byte)(block >> 8), (byte)(block >> 16), .. lines]);
            return folder;
        }
        using var written = File.Create(path);
        using Stream packed = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(written, CompressionLevel.Fastest) : written;
        packed.Write(lines);
        return folder;
    }

    private static async Task WriteParquet(string path)
    {
        DataField<string> prompt = new("prompt"), chosen = new("chosen"), rejected = new("rejected");
        await using var stream = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(prompt, chosen, rejected), stream);
        using var group = writer.CreateRowGroup();
        foreach (var field in new[] { prompt, chosen, rejected })
            await group.WriteAsync<ReadOnlyMemory<char>>(field, Enumerable.Range(0, 20).Select(i => $"{field.Name} {i}".AsMemory()).ToArray().AsMemory());
    }
}
