using System.ComponentModel.DataAnnotations;

namespace Bff.Providers;

/// <summary>A mistake in one entry of a list.</summary>
internal static class SettingMistake
{
    public static ValidationResult At(string setting, int index, string what) => new(what, [$"{setting}:{index}"]);
}
