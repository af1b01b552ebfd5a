namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>Writes the state dictionary: a count, then a name, a type, a shape and the bytes of each entry.</summary>
            public Module save(string location, IList<string>? skip = null)
            {
                using var stream = File.Create(location);
                return save(stream, skip);
            }

            public Module save(Stream stream, IList<string>? skip = null)
            {
                using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
                return save(writer, skip);
            }

            public Module save(BinaryWriter writer, IList<string>? skip = null)
            {
                save_state_dict(writer, state_dict(), skip);
                return this;
            }

            public static void save_state_dict(BinaryWriter writer, Dictionary<string, Tensor> sd, IList<string>? skip = null)
            {
                var kept = sd.Where(p => skip?.Contains(p.Key) != true).ToList();
                writer.Write7BitEncodedInt64(kept.Count);
                foreach (var (key, value) in kept)
                {
                    writer.Write(key);
                    value.Save(writer);
                }
            }

            /// <summary>Reads what <see cref="save(string, IList{string})"/> wrote into the tensors there are.</summary>
            /// <exception cref="ArgumentException">Names, number, types or shapes differ.</exception>
            public virtual Module load(string location, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                if (!File.Exists(location))
                    throw new FileNotFoundException($"No weights at {location}.", location);
                using var stream = File.OpenRead(location);
                return load(stream, strict, skip, loadedParameters);
            }

            public Module load(Stream stream, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                using var reader = new BinaryReader(stream, System.Text.Encoding.UTF8, leaveOpen: true);
                return load(reader, strict, skip, loadedParameters);
            }

            public virtual Module load(BinaryReader reader, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                var mine = state_dict();
                var count = reader.Read7BitEncodedInt64();
                var wanted = mine.Count(p => skip?.Contains(p.Key) != true);
                if (strict && count != wanted)
                    throw new ArgumentException($"Mismatched state_dict sizes: expected {wanted}, but found {count} entries.");
                foreach (var key in mine.Keys)
                    loadedParameters?.TryAdd(key, false);
                for (long i = 0; i < count; i++)
                {
                    var key = reader.ReadString();
                    var known = mine.TryGetValue(key, out var value);
                    if (!known && strict)
                        throw new ArgumentException($"Mismatched module state names: the target modules does not have a submodule or buffer named '{key}'.");
                    var skipped = !known || skip?.Contains(key) == true;
                    TensorExtensionMethods.Read(value, reader, skipped);
                    if (!skipped && loadedParameters is not null)
                        loadedParameters[key] = true;
                }
                return this;
            }
        }
    }
}
