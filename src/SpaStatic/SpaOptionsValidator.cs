using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Options;

namespace SpaStatic;

internal sealed class SpaOptionsValidator : IValidateOptions<SpaOptions>
{
    public ValidateOptionsResult Validate(string? name, SpaOptions options)
    {
        var mistakes = new List<string>();
        if (!IsWebAddress(options.BffUrl, out var bff) || bff.Query.Length > 0)
        {
            mistakes.Add($"Spa:BffUrl is '{options.BffUrl}': it must be an address such as https://bff.example.com, without query.");
        }

        foreach (var (index, address) in (options.ProviderOrigins ?? []).Index().Where(each => !IsWebAddress(each.Item, out _)))
        {
            mistakes.Add($"Spa:ProviderOrigins:{index} is '{address}': it must be a web address such as https://login.example.com.");
        }

        foreach (var (key, address) in options.Demo.All.Where(each => !string.IsNullOrEmpty(each.Address) && !IsWebAddress(each.Address, out _)))
        {
            mistakes.Add($"Spa:Demo:{key} is '{address}': it must be a web address such as http://localhost:5001.");
        }

        return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }

    private static bool IsWebAddress(string? value, [NotNullWhen(true)] out Uri? uri) =>
        Uri.TryCreate(value, UriKind.Absolute, out uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && Uri.CheckHostName(uri.DnsSafeHost) != UriHostNameType.Unknown
        && Ascii.IsValid(value) // it becomes part of a response header
        && uri is { Fragment: "", UserInfo: "" };
}
