namespace TorchSharp;

public static partial class torch
{
    public static readonly Device CPU = new(DeviceType.CPU);
    public static readonly Device META = new(DeviceType.META);
    public static Device CUDA => new(DeviceType.CUDA, 0);

    public class Device
    {
        public Device(string description)
        {
            var parts = description.Split(':');
            type = Parse(parts[0]);
            if (parts.Length > 2 || (parts.Length == 2 && !int.TryParse(parts[1], out _)))
                throw new ArgumentException($"'{description}' names no device; cpu, cuda or cuda:0 do.");
            index = parts.Length == 2 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : -1;
            Demand();
        }

        public Device(string deviceType, int index = -1)
            : this(Parse(deviceType), index)
        {
        }

        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
            Demand();
        }

        public Device(int index)
            : this(DeviceType.CUDA, index)
        {
        }

        private Device(DeviceType deviceType, int index, bool _)
        {
            type = deviceType;
            this.index = index;
        }

        /// <summary>A device that a tensor is on already.</summary>
        internal static Device Of(DeviceType type, int index) => new(type, index, true);

        public DeviceType type { get; }
        public int index { get; }

        private void Demand()
        {
            if (type == DeviceType.CUDA && !cuda.is_available())
                throw new InvalidOperationException("Torch device type CUDA did not initialise on the current machine.");
        }

        private static DeviceType Parse(string name) => Enum.TryParse<DeviceType>(name, true, out var found) && !char.IsDigit(name.FirstOrDefault())
            ? found
            : throw new ArgumentException($"'{name}' names no device; cpu or cuda do.");

        public override string ToString() => type.ToString().ToLowerInvariant() + (index < 0 ? "" : ":" + index);

        public static implicit operator Device(string description) => new(description);
    }

    public static Device device(string description) => new(description);
    public static Device device(string deviceType, int index = -1) => new(deviceType, index);
    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);
    public static Device device(int index) => new(index);
}
