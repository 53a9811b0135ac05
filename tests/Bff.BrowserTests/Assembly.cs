using Bff.BrowserTests.World;
using Xunit.Sdk;
using Xunit.v3;

// The demo lives on fixed ports: one at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Chromium))]
[assembly: AssemblyFixture(typeof(Firefox))]
[assembly: AssemblyFixture(typeof(ChromiumWithoutThirdPartyCookies))]
[assembly: AssemblyFixture(typeof(FirefoxWithoutThirdPartyCookies))]
