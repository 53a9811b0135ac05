namespace Bff.Ops.Live;

/// <summary>One thing that is wrong, in a sentence for operators.</summary>
/// <param name="Level"><c>bad</c>: users suffer. <c>warn</c>: they will, or an operator has something to do.</param>
/// <param name="Code">A word that stays the same between releases.</param>
/// <param name="Text">What it is, and what it means.</param>
/// <param name="Since">When it began, as far as it is known.</param>
internal sealed record Trouble(string Level, string Code, string Text, DateTimeOffset? Since = null)
{
    private const string IsBad = "bad", IsWarning = "warn";

    public static Trouble Bad(string code, string text, DateTimeOffset? since = null) => new(IsBad, code, text, since);

    public static Trouble Warning(string code, string text, DateTimeOffset? since = null) => new(IsWarning, code, text, since);
}
