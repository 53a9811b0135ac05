using Bff;

var builder = WebApplication.CreateBuilder(args);
builder.AddBff();

var app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();       // the page: no session is read for it
app.UseBff();
app.MapBff();               // /bff/login and the like, and the routes of ReverseProxy

// What scripts call for the user of the cookie: they have to be signed in, and to send the header X-CSRF.
var api = app.MapGroup("/api").RequireAuthorization().RequireBffCsrf();
api.MapGet("/hello", (HttpContext context) => $"Hello, {context.User.Identity?.Name}.");

app.Run();
