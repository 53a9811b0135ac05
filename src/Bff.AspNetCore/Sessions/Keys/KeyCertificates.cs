using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.Options;

namespace Bff.Sessions.Keys;

/// <summary>
/// The certificates that encrypt the Data Protection keys where they are stored, so that the keys are worth nothing to whoever reads the store alone.
/// </summary>
internal static class KeyCertificates
{
    /// <summary>The framework's own key manager, which reads keys that any of the certificates opens, and those from before there was one.</summary>
    /// <remarks>Made apart: the framework wants the certificates when services are registered, and the configuration is not checked by then.</remarks>
    public static IKeyManager CreateKeyManager(IServiceProvider provider) =>
        CreateKeyManager(provider, services => services.AddSingleton(provider.GetRequiredService<IOptions<KeyManagementOptions>>()));

    /// <summary>The same for keys that are elsewhere.</summary>
    public static IKeyManager CreateKeyManager(IServiceProvider provider, IXmlRepository keys) =>
        CreateKeyManager(provider, services => services.Configure<KeyManagementOptions>(options => options.XmlRepository = keys));

    private static IKeyManager CreateKeyManager(IServiceProvider provider, Action<IServiceCollection> configure)
    {
        var services = new ServiceCollection().AddSingleton(provider.GetRequiredService<ILoggerFactory>());
        configure(services);
        services.AddDataProtection().SetApplicationName(LiveKeys.ApplicationName)
            .UnprotectKeysWithAnyCertificate([.. provider.GetRequiredService<IOptions<SessionsOptions>>().Value.KeyCertificates]);
        return services.BuildServiceProvider().GetRequiredService<IKeyManager>();
    }

    public static IXmlEncryptor? CreateEncryptor(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<SessionsOptions>>().Value.KeyCertificates is [var first, ..]
            ? new CertificateXmlEncryptor(first, provider.GetRequiredService<ILoggerFactory>()) : null;

    /// <summary>A node that cannot open what the others seal would end every session it meets, so it must not start.</summary>
    /// <exception cref="IOException">A key in use cannot be opened; the message names the setting and the ways out.</exception>
    public static void EnsureKeysOpen(IKeyManager keys, DateTimeOffset now)
    {
        foreach (var key in Stored(keys).Where(key => !key.IsRevoked && key.ExpirationDate > now))
        {
            try
            {
                if (key.CreateEncryptor() is not null) { continue; }
            }
            catch (Exception)
            {
                // Said below, without what could not be read.
            }

            throw new IOException(
                $"Bff:Sessions:KeyCertificate: the stored key {key.KeyId} cannot be opened with the configured certificates. Configure the certificate that "
                + $"encrypts it, beside the new one or as KeyCertificateOld; or give up the sessions it sealed: bff keys revoke {key.KeyId}.");
        }
    }

    private static IReadOnlyCollection<IKey> Stored(IKeyManager keys)
    {
        try
        {
            return keys.GetAllKeys();
        }
        catch (Exception error) when (SessionStoreException.In(error) is null)
        {
            throw Unusable(error);
        }
    }

    public static IOException Unusable(Exception error) =>
        new($"Bff:Sessions:ConnectionString: the Data Protection keys beside the sessions cannot be used: {error.GetBaseException().Message}", error);
}
