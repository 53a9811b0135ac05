using System.Security.Claims;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

/// <summary>We end a sign-in: with a word for the page and a sentence, free of anything the provider sent, for the log.</summary>
internal sealed class SignInRefusedException(string error, string why) : Exception(why)
{
    public string Error { get; } = error;
}
