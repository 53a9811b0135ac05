using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Bff.Simulation;

var usual = new SimulationOptions();
var nodes = Count("--nodes", "Nodes.", usual.Nodes);
var sessions = Count("--sessions", "Sessions.", usual.Sessions);
var minutes = Count("--minutes", "Virtual minutes.", (int)usual.Duration.TotalMinutes);
var life = new Option<double>("--token-minutes") { Description = "How long a token lives.", DefaultValueFactory = _ => usual.TokenLife.TotalMinutes };
var losses = new Option<bool>("--losses") { Description = "Two nodes die after a third of the time, one joins after two thirds." };
var provider = Count("--provider-ms", "The provider responds after half to one and a half of this.", (int)usual.ProviderLatency.TotalMilliseconds);
var store = Count("--store-ms", "A statement takes half to one and a half of this.", (int)usual.StoreLatency.TotalMilliseconds);
var rate = new Option<int?>("--max-per-second") { Description = "Bff:Renewal:MaxPerSecond of a node; four times its share where not said." };
var concurrency = new Option<int?>("--max-concurrency") { Description = "Bff:Renewal:MaxConcurrency of a node; what that takes where not said." };
var near = new Option<bool>("--near") { Description = "The first node's statements take a tenth of that." };
var ahead = new Option<int>("--ahead-ms") { Description = "The first node's clock is so much ahead of the others'." };
var json = new Option<string?>("--json") { Description = "Write the result there as well.", HelpName = "FILE" };
var command = new RootCommand(
    "The renewal engine of many nodes and very many sessions on a virtual clock. Ends with 1 when a node renews more than 15 % more or less than the mean, a "
    + "refresh token is used twice, or a token expires before it is renewed.")
{
    nodes, sessions, minutes, life, losses, provider, store, rate, concurrency, near, ahead, json,
};
command.SetAction(parsed =>
{
    var result = new Simulation(new SimulationOptions
    {
        Nodes = parsed.GetValue(nodes),
        Sessions = parsed.GetValue(sessions),
        Duration = TimeSpan.FromMinutes(parsed.GetValue(minutes)),
        TokenLife = TimeSpan.FromMinutes(parsed.GetValue(life)),
        Losses = parsed.GetValue(losses),
        ProviderLatency = TimeSpan.FromMilliseconds(parsed.GetValue(provider)),
        StoreLatency = TimeSpan.FromMilliseconds(parsed.GetValue(store)),
        MaxPerSecond = parsed.GetValue(rate),
        MaxConcurrency = parsed.GetValue(concurrency),
        Near = parsed.GetValue(near),
        Ahead = TimeSpan.FromMilliseconds(parsed.GetValue(ahead)),
    }).Run();
    Console.WriteLine(result);
    foreach (var line in result.FirstWarnings) { Console.WriteLine($"Warned: {line}"); }
    if (parsed.GetValue(json) is { } file) { File.WriteAllText(file, JsonSerializer.Serialize(result, SimulationResult.Json)); }
    var complaints = result.Complaints().ToList();
    foreach (var complaint in complaints) { Console.WriteLine(complaint); }
    return complaints.Count == 0 ? 0 : 1;
});
return command.Parse(args).Invoke();

static Option<int> Count(string name, string description, int usual)
{
    var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
    option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() < 1) { result.AddError($"{name}: at least 1."); }
    });
    return option;
}
