using Bff.BrowserTests.World;
using Xunit.Sdk;
using Xunit.v3;

// Most of a test's time is waiting for renewals and browsers, so two run side by side; a third makes a small machine too busy for tokens of some seconds.
[assembly: Parallelization(Mode = ParallelMode.All, MaxThreads = 2)]
[assembly: AssemblyFixture(typeof(Chromium))]
[assembly: AssemblyFixture(typeof(ChromiumWithLargeText))]
[assembly: AssemblyFixture(typeof(Firefox))]
[assembly: AssemblyFixture(typeof(ChromiumWithoutThirdPartyCookies))]
[assembly: AssemblyFixture(typeof(FirefoxWithoutThirdPartyCookies))]
[assembly: AssemblyFixture(typeof(IdleDemos))]
