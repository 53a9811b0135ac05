using System.Text;

namespace Bff.BrowserTests.World;

/// <summary>Everything a page holds, as text to search in.</summary>
internal static class BrowserMemory
{
    /// <summary>Names of what the page has stored; empty when it has stored nothing.</summary>
    public static Task<string[]> StoredAsync(Visitor visitor) => visitor.RunAsync<string[]>(
        """
        async () => [
          ...Object.keys(localStorage), ...Object.keys(sessionStorage), ...(await caches.keys()),
          ...(await indexedDB.databases()).map((database) => database.name),
          ...(await navigator.serviceWorker.getRegistrations()).map((worker) => worker.scope), ...(document.cookie ? [document.cookie] : []),
        ]
        """);

    /// <summary>What a script that got into the page could read: everything reachable from <c>window</c>, and the document.</summary>
    public static Task<string> ReachableAsync(Visitor visitor) => visitor.RunAsync<string>(
        """
        () => {
          const seen = new Set(), texts = [document.documentElement.outerHTML, location.href, window.name];
          const walk = (value, depth) => {
            if (typeof value === 'string') texts.push(value);
            if (value === null || !['object', 'function'].includes(typeof value) || seen.has(value) || depth > 8) return;
            seen.add(value);
            for (const name of Reflect.ownKeys(value)) {
              let inner;
              try { inner = value[name]; } catch { continue; }
              if (inner instanceof Promise) inner.catch(() => {});
              texts.push(String(name));
              walk(inner, depth + 1);
            }
          };
          walk(window, 0);
          return texts.join('\n');
        }
        """);

    /// <summary>Every string in the script engine's heap, closures and modules included.</summary>
    public static async Task<string> HeapAsync(Visitor visitor)
    {
        var snapshot = new StringBuilder();
        var session = await visitor.Profile.NewCDPSessionAsync(visitor.Page);
        session.Event("HeapProfiler.addHeapSnapshotChunk").OnEvent += (_, message) => snapshot.Append(message!.Value.GetProperty("chunk").GetString());
        await session.SendAsync("HeapProfiler.takeHeapSnapshot").WaitAsync(Eventually.Deadline, TimeProvider.System);
        await session.DetachAsync();
        return snapshot.ToString();
    }
}
