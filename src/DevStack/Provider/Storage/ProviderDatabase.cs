using Microsoft.EntityFrameworkCore;

namespace DevStack.Provider.Storage;

/// <summary>OpenIddict's own tables: the client, consents, grants and tokens.</summary>
internal sealed class ProviderDatabase(DbContextOptions<ProviderDatabase> options) : DbContext(options);
