// The random generator and the number of threads are the process's own.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
