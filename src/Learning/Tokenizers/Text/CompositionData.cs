using System.IO.Compression;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>
/// Unicode 14's canonical decompositions and combining classes. The program runs without ICU (invariant globalization), where
/// <see cref="string.Normalize()"/> leaves every text as it is; so the tables travel with it.
/// </summary>
internal static class CompositionData
{
    /// <summary>Canonical decomposition of a code point into one (second is 0) or two.</summary>
    public static readonly Dictionary<int, (int First, int Second)> Decomposition = [];

    /// <summary>The code point that two compose to; excluded compositions are left out.</summary>
    public static readonly Dictionary<(int First, int Second), int> Composition = [];

    /// <summary>Combining classes other than 0.</summary>
    public static readonly Dictionary<int, byte> CombiningClass = [];

    static CompositionData()
    {
        using var packed = new MemoryStream(Convert.FromBase64String(Packed));
        using var bytes = new DeflateStream(packed, CompressionMode.Decompress);
        for (int i = 0, count = Number(bytes), at = 0; i < count; i++)
        {
            at += Number(bytes);
            var first = Number(bytes);
            var second = Number(bytes);
            Decomposition[at] = (first, second >> 1);
            if ((second & 1) == 1)
                Composition[(first, second >> 1)] = at;
        }
        for (int i = 0, count = Number(bytes), at = 0; i < count; i++)
        {
            at += Number(bytes);
            var length = Number(bytes);
            var combining = (byte)Number(bytes);
            for (var c = at; c < at + length; c++)
                CombiningClass[c] = combining;
        }
    }

    private static int Number(Stream bytes)
    {
        var value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var b = bytes.ReadByte();
            value |= (b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }
    }

    // The code point's distance from the one before it, its first and second part (the lowest bit says that they compose again);
    // then runs of one combining class: distance, length, class. Numbers of 7 bits a byte, deflated.
    private const string Packed =
        "bZh5WNXXmcc5vwterl6zNhqTNsm06fq0nebJpJlnJjGxkSY2iXZUmibzT5zGGqrR1EiMznTKIpuIigYRdyAqBBEBEXADUUAQFFERFZVNBNz3Hef7OXBt2mf+eD+/7znnPft6b8IjpWZY" +
        "uNcMi5RFyWJkibIkr/PGPq8JUlqQ0oKUFqT4EQqPUHiEwiMSvc5I+Y9S3CjFjVLcKMKJXlew4oIVF6y4YOV7P9LrGqe4cYobp7hx8hun+HGq5w+qZ7zSxittvNLGKz5E4RCFQxQOUT2T" +
        "5T9FcVMUN0VxUwirnlDFhSouVHGhyjcj0uvMoP1xKls2LEFf2bD9+srekO8fZG/I/w+yN+bpK3sjRV/ZcNlHKV5XkPKOlwUp73hZkHzGy4JUxnhZkPzGy95UGRNkb8pnguxN+UyQvak+" +
        "TZC9pbSPo7yuEWpviGyEygyRjZBviGyEygqRjZjn9f+NfP8ke1v5Ju7zOu+onZNk7yg8SfaO6puU4g0YqbjJspGKmywbqfjJKV7/USp3imyUyp0iG5Wsb7LXNVq+U2Wj5TtVNlr+U2Vj" +
        "FPeZbIzq/Ew2RmmfycYo7TPZWOlpsrHS0zQmwWp/qCxYdYTKglVHqCw4SV9ZsOoLlQWrP6Gy91TmdNn7shl8NS8fqL6Zsg80RjNlH6jsmSne744qVFsLvQ8F6xta6P3OMMWPk42QhchG" +
        "yabIgmWhsiajBtwFTSYSFYlKQdnUcFS419mFSztY4y+sBRUEOwTXm/KdIHtbNpFa1Oopsm6XPM6AQpeiFwQIf9IIv6laJmglj1Txk2XlVHsKVIAO0AhugmEr1QfZsHR9ZUHS42VB0uNl" +
        "I6RDZCOkQ2SjpKfIRklPkY2WniobLT1VFiwdKguWDpWNqdU8ycbKptV6XW+plR+neN3DNK7jWKvsK1kD/b0ODoFrYJTSp8jWMyA54H3ZjDhvghPWz8+E9/NzFuob2y/C+4viAL/+/+7n" +
        "zqBPiW6h0PiZJEQySBGclWA1wUxQLTyV4taErwa5xBXYrKAY7MGlmNRyUEJcOagSAupR9Ur4aVKgBjopUGfAwsBIr3+0VMASKbOYhPTABO+AxcJzRcLgAuIKcM7HuQHnzTgXkbBTLk9e" +
        "DdQQXhN+s0hBs0l4aD5qA5ivHFI6WZIIFgiuRo/ijoBFpG4CyaAQv8WBcRQfR4MSUcIKsJ3UTrJ1gWziakE6zjtBOsGdvXHJKGEtwUryZqH2CJnOWu/aIWatN3OI2Q3WerOGmGqpJebQ" +
        "wMwhzg7h0XqhwT/jsVvPB24QXPnC80mP3XzeLALJYBlIBWkgC+QIkyofv/cDU/l4zg8fSX385g9MmuDkCGPzvnXzR64i4XuLBJMMlhGXJXSbykHZP3NVDrr3U6mcnz2SOujmT02a8PKC" +
        "wTn//MuKwfd+bipBhYL/U/Fk9gtflAzJetFdIZiKIdkvOhVDol401Qr+teKpe/9iKkHFUzkvzTVHnk562Tny9MqXTZOUgiUvn3LKnjk/tH+NELAfNIBjwsDSZ7qH9r/0TPurzqVnOl81" +
        "ec+GDXXyBc+lZ8KGPrbgWWVbJgSkgjUgSxg4/9nuoZ+sfu74681PRP3yzCQnBsSBeJAg+CcKP95McKvg2i6YEoJlwraAYXu03WS/0nb6L9mvKvWV/apNX1kl++Y0GK7Uj2TDlfqRbLhS" +
        "P5IN1yb9SDb8mL6yBY4W60KwwIlEcQErfrwsqEVfWYa/lmcm+LVK/CNXjhbUBNlb0h/L3lINH8ve0ir6WPaWaviYK+m4vrIRKiVEto+mXQBvyybyVa6JsrfVtomyd6QnyTa9wokI3lHs" +
        "JFLUokmyd5XrE9m7qvcT2bvy/kQ2UnqybKT0ZMLKM1k2UnkmH+NAiuRAikQlooQaOl4Lauh4Lfit7FO+KutT2WjZVL4qc6rsKI06Bkar9KmyMUr9TDZGqZ/h4ShwDDSDFtD6itAGxsqm" +
        "8ZXnNNlYlTBNNlZtnCYLrtKRKwvWeIXKghUXKuukcV2g21HTz4Df6Yr8XPY7lfO57D31ZLrsPXlNl70nn+my91TfdNl78pku+730F7LfK+0LnkzSM7gidXXOlH0gn5myD9SumbKPaSNl" +
        "6eqdoWfUfXUpYJgcxsmGLdRXVsbYtoIy7sRWUGYWomxqDEpY9apqSAUR9CYSRDAHkSDCWYhaiIpB2RwJ5OBtpPrGy4KUPl4WpNTxsmqq7QbVVNsNqqm2G1RTbTcootpiMELxIbIRKi1E" +
        "Nko2ha/ipsgOUthVcJDCroKDFHbV2NQYlFBDYbVglUvOqWCVKxwVjlqIWoiKQdEbVyVKCJaF8lV6qCyHzBtADpk3gBwyb3DZ1BhUDKoSJbwvjxmy96VnEJbfDNn78poR43XnutdyJWZ6" +
        "TdhQuYWDsKGRqEhU1EApIRG/RPxicYkDsbjEgVhc4kABfgX4zcclEczHJVFwJZGaROpiElLAYlJTSC0ktZDUVSSkglWkpoJVFJ8KkvFLxi8Dl0yQgUsmyMAlExTjV4zfBlxywQZccsEG" +
        "XHJBCn4p+BXhUgyKcCkGRbYoUIJfCX6luOwApbjsoPUrSV1J6m4SqsBuUqtILSe1nNQ6EvaDOlL3gzqK3y/o2ZLpdY4oVYgESqgibxV5m8nWAprJ1gKacWmxncYvE79OXLpAJy5doBOX" +
        "LttptxLWuf00TxLZEoWI9RLFiByJEkSNRDmiVqIKsdft5wobGs+iECJAJJgFokA0iAGxIA7MBvFgDkgAc8E8sAqkgjSQDr4Cq8EasBZkgEzwNcgC60A2WA9yQDNoAa2gDbSDU6ADnAad" +
        "oAt0gzPgLDgHzoMLINedwBbReX6xN0i9gpPr1mBuei2e3ZHA7ogDGqVoDVciHsUargwjr6vkLCTneuILyVlBziT8Y+WfjIizQtElrylU8loksCs5gZUcx2OWDaViiymi2m2XbwLLNw4o" +
        "cbbbz+khew/Ze8hejkc5Hnvw2KBadrBWdrBWyiljD1iN22rcVuM2V26pdpdxtEUp9KGf6y4dqaKJe+lIFfmu05GVZJkjp0zEPCsUvdH4uSJe9zORr/utdjLdfv5va0kZvynz37ikF4Xw" +
        "+JfCs3UED4J64aXI4Ze8AbGCK154Ml1wVgtPbyVuJygnbrcw+FWJFokBtYJ5RTZU1k7gFJ6XUVdQ11E3BPdt1B3iIoKkIgVXNCpG+F4aKgNkgizhhbvkuAcSiVsguPNQ+WAjKBBeif3Q" +
        "z8R96Jf38PHgi96L/fd8mF9mnFrLfZb7LQ9YHrI8bHnE8pjlccuTli3Q1W51h2UndF+A5sKHBYq5bPVlq69Zfc3qm1bftPqO1XfQgyvQ/ZePEx/Kgk62ZY5lrmW+ZYFloWWx5RbLbZYl" +
        "ljuga5fVFZa7oXsfNPvGUXu91fVWH7L6kNWNVjdafczqY+jBa2yZF2zMRctLlpeh/z0YMd+1e7HjZ67W6idg9XKp3SnC/uMK5i0TTq0VlpU4fdifp+D+dKmYLKndBK/vFLrOClH3hZI5" +
        "St08T7iZKMxLFSIOKmHpUeFIi3DitLAtVgndacKlfFyWK+7aGmFWA87tQjZFrdgq1G1W8MxJoTZewfYFQpX2gGmMlFo5X6jepmDyXqGbiu6eEvZSefRKqcJ06l0t7KoSDhwS5lPH6XNC" +
        "eBh+1NYELiwV8tajNgm3twhzLsnv/mVh1R2hKkZxs9YI92lfQ5JwMpfWbxeabwo9FNpKHdXkLWNgb2QLjfi1FgkLGZejx4R5J4Sc27T0rrBnnfzqaW58OK2i9TVg2VVhOy24RAuu4ReW" +
        "LOxjNOw499CWYibvND/sF5QKMYz4xW5GiCG+Q4NKGJfMEiEB55ojws1qIY1m7GTiT2xgcM7TX2bra0refFjBDSulYsnRQ72nohRcVYmijvXMZVca2Whz+H7acku4MItuUco+1tA1OliW" +
        "IVxhIZ1lBsv3UCgz/TWDnZ3FKtkoJG8T9oKlZKtgxd5gqbSuYAFvZUJZiWG7hCVMcjpjWtUqxHUxC1eEqwzdBWZmDdnOxwnpq1g+zGXyV2Sj+G2ZLG8Wa1mir+dVtO8aA3angl4yENuZ" +
        "6WsdQjudvpXtG/bNW5gtxj6Pse/qpFXsjwoq3/iVcJ3FsJtltniDEM98rKeRGxmcIlJbdigYTclHU4XzlFzCyknZ45vuvW00ku13l87cpTMJ7NVYRmg9CySOHt1ha1zZJ+xgfyxji8fR" +
        "qiNM2ZmLjN9tO+fKcY7JW89I3qSArFVUyR7sZrF+zdDFMxC7ylhSdb4VFk2bMxnEeczqKbvGa2gklWewDk6xaKKpt/UMA9Yj7GOIW0ANPW+llBLW6WYauZyi6ujlYqbxNgdAOi6Hi9j7" +
        "rIhkurWHpnVyHuy5xja9zuJn1ZVyFKQwl42LlFrKcG6KZinT0hiwhqk9wFJuIEcU47yCYdrIIG6hvzUcMrWMRvxC4QA5ShmmUp2ErqPaKc5VddV1giX/NSuimqNlK6v4BDgF5jG/Dcz5" +
        "diraphXhLNCZ49zUCnMVMXn3dGj5X8hlLkFGHuuFI+gEp1khPV/PUjnNiqi1u4z5bQf7GbXlHM3R6xgNUMomzuDMaWc+zoMvWVedTN5c9sxlsI+938q6SqTTUczWDcZgSROHApvpPJsp" +
        "iyMtjRlM5BjZTreqwG5QBxrAcZBAf+eCUk6ucGam9IZvI8Zx1u0Al1kHUWyNc8zgrVk+HObgmc95v4hhD2cGi8EBztPYJcImDiM7dG0Mzv0cYQur+Brb73yURytHRbnWcMwVMD2djFoY" +
        "g1huFXGVjN/t1b7xO/Q1iwbVCphfk88g7uKoOghaNzKwm4R6FsMR0MXxn83WaGSI9zLEsQ/GubnMN9gb2Vu7ODGX7aYA0MAEsIZ6r7GloAHc4piz567dusfYFXuO+yZlRbNvZtZeoINM" +
        "T84p3yK8xERFs8W3gOUcFCvP+lbnMXAVVHPKl4IaZjX3wUTd4YQ7dts3ZdsfTFQ9W+gCt9CtucIO5ih6oW+iSjgxWdRmT5Jv3uzNdC7JN4Ozk30zWMQGu8wMpnAAXOd0vLvON6F2uxzL" +
        "8U1t/Abf/C7Y5HuXVNcFajjBodPC8uma8jA1tBhUfaUVUFcsHLgn7NyuDHOVa/iRAZ2DnMsDzg8a0DUgYrDpGjBrsKm67oqwlK5TknAR3Bxk9oN6cAAcBIdAg+A0oo6Ao+AYaCLhBGgm" +
        "2IJqQ7WjOlCnQSfoAt29hV6mth5K6cG5Z1DNT1JS/a+VBTpL7efh1fYTaXLT/PftCjR59rPMv3KN/72aQKNPTm3gBac40/9afaDRp6U+kNCd+sC7pijL/2SDYu3nXr+CPP+W9sA1F53D" +
        "ae7q8odMY+/nZJq7qfdzovfT3Ptp7f20lz/0XnG69dzc+9mSbjNs7f0odKI3pE9pjf82Nl8R2AHSIjRNzStM31m2BURwy9y2V02q73zbB1aEaPnPCew77Q6CdnADLJuthGJ5nCaUwFbe" +
        "Q1Qy6iv7cOLAX5fu2/wn0/vraEBFcvSfVNYtiApwGdwASX/qOxP+drra0yGKIzZ6je8pVbXGd+weBVfAPXD/77HuS7XpIlu1mpfVSdC2SHFnUJdANBfdCh4eRajdoBOkEXcdzOdUOgDa" +
        "wKwsH+xJlQXyQRlYtN53DySj9qOurvNdeec5zPbmEAcSOODiUXmoXLDOXhqZauRl1A0Qzcm3BKTZMxBkZMulG5zN5+DiXFwLGgl2oM5/oh0ti+W43P4Au/OVaSe3bWOh7+V0BSzepIT7" +
        "qGjuqwMcq2mo8ClaNw/usdJimg7at1AST5QO1Hn7gwHcBS28xlpBzqeaH0QGL8ZtoAu0Kj5yp3LeldjAUZ4PNgH702JBpZZNDyq3IrAP4dxQabZtoPLPmrpTij+6U+dMK1FnQJvil3An" +
        "1ILD4BYI54rYPFVreGrflXywVrkrUbu5KmrKfHeIVbcfXCR54CuQA048uMTtj7H5XC5LwXGQy7vmIKjj3TqnQXVsQ90lrhMVyU3UDi4dVmoa11E5wUywfpoGiagesJy39Q3U2Wl9r4az" +
        "YHazcrbxfrjJ+6GKiyzl877XRKxEe6hGkX2XBMK42ZaRls1PnCMxf3fvpYIT4ADYyalepTJu89KLAvV1vkfKuU4lzkWtJO7LetN7A5Qh0g/wagUZ/OZLPyffY6jFX6gWLta1lxR1ELVX" +
        "UZcRKw/7LtwtIOGaPOI3C7dRext5192SKuExWwtOE7eI23n7Ud+7yV7WXeAmiOJ9uuK2sm0kmMOr6jzIn9l3nVeC/ffkcQvf89zuJ3ro3H2hgh9Fxc2+G38pWPTfWp2Ie+AGyOahu5oT" +
        "sJw3QdssLcVlvJ6zYqQy2n1PhDoQO0dxYTwWkkDBXAW/nC/c5u0Qz5t+3V9UHKLoL71WyYuiqdP3toiyv63A0v/VmuSRsWmxStiOWpDi6fvduZK9NZ+HR+pKxRWBXauEu39VM8J8z5Ar" +
        "qYq6DFLShHywglfJygewLxV7scdfsL+nGIdw+0NBznv5IWN/rNt3TBsJa9Z5+t6kS7KlyoF9iJ8BORG+12k12Afu5sllbYEP53kNRcxiEAsVrOBdVAXWEhfG06Ke5/yqKDYUqg2E8WqK" +
        "LlFqGyo8mjnmERXBk7ccbCQuY5dcKsERgkfKmQDeWdsrpJL41Xj7vu/ZdbRKcenVQjPBjD2MMOpkB88ftlEeGyoygrdSLKWgCgpo7j45F4CFbKhlp31n2Cywgnf0GXIk8ns+HiwH+dx7" +
        "uVaBbaADbG3w9P34X85jsA1k8yJMR21DnY7xPeIPEFdNsAY0gU2NKuDMUeHQESFrNquKn7FXwKLZ5DithHbUuhNSx3FpAbknGfYWCiBY9+Dvm9OgC2Qm8MIEc3mitib4HqsZ4AyI5p+q" +
        "w/EUigrnV94tgs2oNnD6rOo4zM/TE6BgDvOB2qKnw/pLSuy4zIJPYHrBqgfvXPvEPcQ/bBm36B+/WXaApTx7b4CcHiXMmq+Z2MPfTlvBxaW2Ms6l5b7ncX287p9z4Et+B14Cifx9tn6u" +
        "4paiing3H17NX0zgLsFba4WkDP7GSpZfPP+nJC3kf6Ys2wLFdRDcyUs7j4sxned2eZoSlnwlnP+SawU08/qenaG4vCT2XGb/vse4RSbYlKW4Vn625i/i9uC361r+3isDPWBvMv8fberf" +
        "93wv5Uf8vWISUjjLwenNBHfI5SbBqDKpubuExHJhC7/4G5ZwiaJ6QBRv+nlgEdgCwmr6+/U4Yf2e6DBPmE5j/JuMP1/TaExAkwlwqo1DHN8BTWZAgAkgGNhhAs1FuXUY42oyLleHcTl9" +
        "X1uE4ilGcY7VXdLd0t/4Duwwq5yADjPXMU2quEO59KUEc0I5pPt1mH79mkw/p8NYH/slrb23ZtPfmAHGeFWWMQ8Z87AxjxjzqDGPGedxx3zLqE9mkGMGO+ZJY4b0toQWPTbCduAZY541" +
        "5rkXzNPGfNuY7xhfjDH/ZMx3bX30QI0MeFB/kyr43h/dHcbja7Kh8zT7by7Pm+ef7avNfLP1jBXxD8bF1+Omvh79P1/lSzOqz90X2V/fIao7wCOtzP5q3i9U8Gu+yVDaz2ky8/dQh0bl" +
        "Hxrhq9Q2xtd11zc60NfnYcb9qHr5jXaE2JgXFDPUqinfYJjxqUAz1pj//KPVkx3PY8bzF8QEx3ge8p/4qfO5FTN/q2q+Y6cDazT/asJVUYT0LNPPP8L0Q9v2evi8Lrc/G7fjeMZK1QWo" +
        "wYVux/Oc8axQzQPUphoWxnxjV0hvm5t84i3jeSKwd+heYGi+sapsb/9xpv1tXx8xnh/6eq8JeNXxvGLcXscTZNwpDJi/6dskHb2bRL6OWyuySXOlVEXvfjDgvgm04W5lbOib5Wpjvt9h" +
        "vm93S3uvrzna14Ouv1sJ+21FjupS4S675vrZev62luzaetCY+4PVSA2IZ9xzHaba3xbb3rsxGSSn2Ux0AhvOkCugf4f5iQocLVukEf+B8SxWxm8/1mHe1jr5kfF8aNwDjecizk5fp2iB" +
        "2678DvOS8dxQhlxNxlMR/eitu8km7qPbbbRukdHwJg80vWv/x7bNttkBxrPG18nt/updDCUvtbvkm7tD3XrpH3bHDtX5E+N52Hj+zXg0yr+W/4uO53Xjftd4+hv3RBubL5PjfzhuLcYh" +
        "alx/taTesLjdT6qkj6zXXWM/fzWe6VZMMx6dTahIrbp+xr1cDmON53HjGa0Wu4wn0rELcozxHFmiXryukks9Tr/1KWpb5Y+dRjVfU9SqVdJoBgY22WoD1Kvn1MfFrKDtTytL4KMd5nG+" +
        "DKU8ZjsK9DBGQ+XXPkADOY2j0Lj/Dw==";
}
