// Dropout draws from libtorch's one global generator: tests that train must not draw between each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
