namespace DataflowRlhf.Stages.Reading;

/// <summary>A stream that is read once, from front to end.</summary>
internal abstract class ForwardStream(Stream source) : Stream
{
    protected Stream Source { get; } = source;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public abstract override ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken stopping = default);

    public override int Read(byte[] into, int offset, int count) => ReadAsync(into.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override Task<int> ReadAsync(byte[] into, int offset, int count, CancellationToken stopping) => ReadAsync(into.AsMemory(offset, count), stopping).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] from, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Source.Dispose();
        base.Dispose(disposing);
    }
}
