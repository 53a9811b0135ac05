using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace DevStack.Provider.Storage;

/// <summary>An RSA key in a file, made when there is none: a restarted provider still honours what it issued before.</summary>
internal static class RsaKeyFile
{
    private const int KeySize = 2048;

    public static RsaSecurityKey LoadOrCreate(DataDirectory directory, string name)
    {
        var path = directory.File(name);
        if (!File.Exists(path))
        {
            using var created = RSA.Create(KeySize);
            using var writer = new StreamWriter(directory.Open(name, FileMode.CreateNew));
            writer.Write(created.ExportPkcs8PrivateKeyPem());
        }

        var rsa = RSA.Create();
        rsa.ImportFromPem(File.ReadAllText(path));
        return new RsaSecurityKey(rsa);
    }
}
