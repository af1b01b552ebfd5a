using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DataflowRlhf.Stages.Tests.Judging;

/// <summary>A chat-completions endpoint on loopback that answers as a test has it: bytes on a socket, so that it can be as rude as it likes.</summary>
public sealed class FakeEndpoint : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closing = new();
    private readonly Func<Request, CancellationToken, Task<byte[]?>> answer;
    private readonly Task serving;
    private int open;

    /// <param name="answer">The bytes of a response; null closes the connection without a word.</param>
    public FakeEndpoint(Func<Request, CancellationToken, Task<byte[]?>> answer)
    {
        this.answer = answer;
        listener.Start();
        serving = ServeAsync();
    }

    public FakeEndpoint(Func<Request, byte[]?> answer)
        : this((request, _) => Task.FromResult(answer(request)))
    {
    }

    /// <summary>One that reads the responses and writes this verdict.</summary>
    public static FakeEndpoint Saying(Func<Request, string> reply) => new(r => Reply(reply(r)));

    public string Url => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1";

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>The most requests that were open at once.</summary>
    public int MostOpen { get; private set; }

    /// <summary>After which requests, by number, the connection is closed once the response is written.</summary>
    public Func<int, bool> HangsUpAfter { get; init; } = _ => false;

    /// <summary>A request as it came.</summary>
    /// <param name="Number">From 0.</param>
    public sealed record Request(int Number, string Line, string Head, JsonObject Body)
    {
        public string Question => Body["messages"]![0]!["content"]!.GetValue<string>();

        /// <summary>What stands between the marks of a part: prompt, response A, response B.</summary>
        public string Part(string name)
        {
            var from = Question.IndexOf('\n', Question.IndexOf($"[{name} ", StringComparison.Ordinal)) + 1;
            return Question[from..(Question.IndexOf($"\n[end of {name} ", from, StringComparison.Ordinal))];
        }

        /// <summary>A for the better of both by a judgement of the test's.</summary>
        public string Better(Func<string, double> worth) => Math.Sign(worth(Part("response A")) - worth(Part("response B"))) switch { > 0 => "A", < 0 => "B", _ => "TIE" };
    }

    /// <summary>A chat completion with this text.</summary>
    public static byte[] Reply(string text) => Response(200, Completion(text));

    public static string Completion(string text, string finish = "stop") =>
        JsonSerializer.Serialize(new { id = "x", @object = "chat.completion", choices = new[] { new { index = 0, message = new { role = "assistant", content = text }, finish_reason = finish } } });

    public static byte[] Response(int status, string body, params string[] headers)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var head = string.Concat(new[] { $"HTTP/1.1 {status} Words", $"Content-Length: {bytes.Length}", "Content-Type: application/json" }.Concat(headers).Select(h => h + "\r\n"));
        return [.. Encoding.ASCII.GetBytes(head + "\r\n"), .. bytes];
    }

    /// <summary>An address where nobody listens.</summary>
    public static string Nowhere()
    {
        var none = new TcpListener(IPAddress.Loopback, 0);
        none.Start();
        var port = ((IPEndPoint)none.LocalEndpoint).Port;
        none.Stop();
        return $"http://127.0.0.1:{port}/v1";
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        listener.Stop();
        await serving;
        closing.Dispose();
    }

    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(TalkAsync(await listener.AcceptTcpClientAsync(closing.Token)));
        }
        catch (Exception over) when (closing.IsCancellationRequested && over is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // A listener stopped between two calls says that it is not listening.
            await Task.WhenAll(connections);
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                while (await ReadAsync(stream) is { } request)
                {
                    lock (listener)
                        MostOpen = Math.Max(MostOpen, Interlocked.Increment(ref open));
                    var bytes = await answer(request, closing.Token);
                    Interlocked.Decrement(ref open);
                    if (bytes is null)
                        return;
                    await stream.WriteAsync(bytes, closing.Token);
                    if (HangsUpAfter(request.Number))
                        return;
                }
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException or SocketException)
            {
                // The other side has left, or the test is over.
            }
        }
    }

    private async Task<Request?> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, closing.Token) == 0)
                return null;
            head.Append((char)one[0]);
        }
        var text = head.ToString();
        var length = int.Parse(text.Split("\r\n").Single(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Split(':')[1]);
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, closing.Token);
        lock (Requests)
        {
            var request = new Request(Requests.Count, text.Split("\r\n")[0], text, JsonNode.Parse(body)!.AsObject());
            Requests.Enqueue(request);
            return request;
        }
    }
}
