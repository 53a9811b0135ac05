using Bff.BrowserTests.World;
using Xunit.Sdk;
using Xunit.v3;

// Most of a test's time is waiting for renewals and browsers, so more run side by side than a small machine has cores.
[assembly: Parallelization(Mode = ParallelMode.All, MaxThreads = 3)]
[assembly: AssemblyFixture(typeof(Chromium))]
[assembly: AssemblyFixture(typeof(ChromiumWithLargeText))]
[assembly: AssemblyFixture(typeof(Firefox))]
[assembly: AssemblyFixture(typeof(ChromiumWithoutThirdPartyCookies))]
[assembly: AssemblyFixture(typeof(FirefoxWithoutThirdPartyCookies))]
[assembly: AssemblyFixture(typeof(IdleDemos))]
