namespace Bff.BrowserTests.World;

/// <summary>The page's server as the demo has it, one for all tests that make Bff up: it keeps nothing, so they share it and its ports.</summary>
internal static class SharedPage
{
    private static readonly SemaphoreSlim Starting = new(1);

    private static DemoProcess? _server;
    private static int _row;

    public static async Task StartAsync()
    {
        await Starting.WaitAsync();
        try
        {
            if (_server is not null)
            {
                Ports.TakeOver(_row);
                return;
            }

            _row = Ports.Row;
            var server = MadeUpBff.Page();
            await server.StartAsync();
            _server = server;
        }
        finally
        {
            Starting.Release();
        }
    }

    public static async Task EndAsync()
    {
        if (_server is not null) { await _server.DisposeAsync(); }
    }
}
