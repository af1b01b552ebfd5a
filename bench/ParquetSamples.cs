using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Parquet;
using Parquet.Schema;

namespace DataflowRlhf.Bench;

/// <summary>Files in every compression and encoding, each with what is in it as JSON beside it, for other programs to read: <c>bench/readers</c>.</summary>
internal static class ParquetSamples
{
    private const int Rows = 2_000, Groups = 3;

    public static async Task WriteAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var method in Enum.GetValues<CompressionMethod>().Where(m => m is not (CompressionMethod.Lzo or CompressionMethod.LZ4)))
            foreach (var hint in Enum.GetValues<EncodingHint>())
                await WriteAsync(Path.Combine(folder, $"{method}-{hint}".ToLowerInvariant()), method, hint);
    }

    private static async Task WriteAsync(string path, CompressionMethod method, EncodingHint hint)
    {
        var schema = new ParquetSchema(new DataField<bool?>("flag"), new DataField<int?>("whole"), new DataField<long?>("long"), new DataField<float?>("single"), new DataField<double?>("double"),
            new DataField<string>("text"), new DataField<byte[]>("bytes"), new ListField("ids", new DataField<int>("element")), new ListField("words", new DataField<string>("element")));
        var options = new ParquetOptions { CompressionMethod = method };
        foreach (var field in schema.DataFields)
            options.ColumnEncodingHints[field.Path.ToString()] = hint;
        var said = schema.Fields.ToDictionary(f => f.Name, _ => new JsonArray());
        await using (var stream = File.Create(path + ".parquet"))
        await using (var writer = await ParquetWriter.CreateAsync(schema, stream, options))
        {
            for (var part = 0; part < Groups; part++)
            {
                var rows = Enumerable.Range(part * Rows, Rows).ToArray();
                using var group = writer.CreateRowGroup();
                var leaves = schema.DataFields;
                await group.WriteAsync<bool>(leaves[0], Values<bool>("flag", i => i % 5 == 0 ? null : i % 3 == 0, v => v));
                await group.WriteAsync<int>(leaves[1], Values<int>("whole", i => i % 7 == 0 ? null : i == 1 ? int.MinValue : i == 2 ? int.MaxValue : i % 50 * -3, v => v));
                await group.WriteAsync<long>(leaves[2], Values<long>("long", i => i % 11 == 0 ? null : i == 1 ? long.MinValue : i == 2 ? long.MaxValue : (long)i * i << 20, v => v.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                await group.WriteAsync<float>(leaves[3], Values<float>("single", i => i % 13 == 0 ? null : i == 1 ? float.NaN : i == 2 ? float.NegativeInfinity : i == 3 ? -0f : i / 3f, v => Number(v)));
                await group.WriteAsync<double>(leaves[4], Values<double>("double", i => i % 17 == 0 ? null : i == 1 ? double.Epsilon : i == 2 ? double.PositiveInfinity : i % 10 / 7d, v => Number(v)));
                var texts = rows.Select(i => i % 19 == 0 ? null : i % 23 == 0 ? "" : i % 29 == 0 ? "naïve \U0001F600 \0 ‮" : new string((char)('a' + (i % 26)), i % 60) + i % 100).ToArray();
                Say("text", texts.Select(t => (JsonNode?)t));
                await group.WriteAsync(leaves[5], texts);
                var bytes = rows.Select(i => i % 31 == 0 ? null : BitConverter.GetBytes(i % 1000)).ToArray();
                Say("bytes", bytes.Select(b => (JsonNode?)(b is null ? null : Convert.ToBase64String(b))));
                await group.WriteAsync(leaves[6], bytes);
                await ListAsync(group, "ids", leaves[7], rows, i => i, v => v);
                await ListAsync(group, "words", leaves[8], rows, i => ("w" + (i % 40)).AsMemory(), v => v.ToString());
                group.CompleteValidate();

                ReadOnlyMemory<T?> Values<T>(string name, Func<int, T?> value, Func<T, JsonNode?> say)
                    where T : struct
                {
                    T?[] values = [.. rows.Select(value)];
                    Say(name, values.Select(v => v is null ? null : say(v.Value)));
                    return values;
                }
            }
        }
        await File.WriteAllTextAsync(path + ".json", new JsonObject { ["rows"] = Rows * Groups, ["columns"] = new JsonObject(said.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value))) }
            .ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.Default }));

        void Say(string name, IEnumerable<JsonNode?> values)
        {
            foreach (var value in values)
                said[name].Add(value);
        }

        // Lists of 0 to 4, and none at all every ninth row.
        async Task ListAsync<T>(ParquetRowGroupWriter group, string name, DataField leaf, int[] rows, Func<int, T> value, Func<T, JsonNode?> say)
            where T : struct
        {
            var (values, definitions, repetitions) = (new List<T>(), new List<int>(), new List<int>());
            foreach (var row in rows)
            {
                var count = row % 9 == 0 ? -1 : row % 5;
                if (count <= 0)
                {
                    definitions.Add(count < 0 ? 0 : leaf.MaxDefinitionLevel - (leaf.IsNullable ? 2 : 1));
                    repetitions.Add(0);
                }
                for (var at = 0; at < count; at++)
                {
                    values.Add(value(row + at));
                    definitions.Add(leaf.MaxDefinitionLevel);
                    repetitions.Add(at == 0 ? 0 : 1);
                }
                said[name].Add(count < 0 ? null : new JsonArray([.. Enumerable.Range(0, count).Select(at => say(value(row + at)))]));
            }
            await group.WriteAllPartsAsync<T>(leaf, values.ToArray(), definitions.ToArray(), repetitions.ToArray(), default);
        }
    }

    private static JsonNode Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}
