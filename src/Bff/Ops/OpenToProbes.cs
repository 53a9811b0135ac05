using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Bff.Ops;

/// <summary>Endpoint metadata: open to anybody who reaches the ops port.</summary>
internal sealed class OpenToProbes;
