using Xunit.Sdk;
using Xunit.v3;

// Some tests wait for a process or a real second; others need not wait for them.
[assembly: Parallelization(Mode = ParallelMode.All, MaxThreads = 4)]
