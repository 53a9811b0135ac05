namespace Bff.BrowserTests.World;

/// <summary>How a made-up Bff takes requests.</summary>
internal enum Manner
{
    Answers,
    IsSilent,
    IsAway,
    KnowsAnotherOrigin,
}
