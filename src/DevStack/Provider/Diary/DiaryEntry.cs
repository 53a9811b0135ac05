namespace DevStack.Provider.Diary;

/// <summary>One token request. Holds no token, only a fingerprint that tells two tokens apart.</summary>
internal sealed record DiaryEntry(DateTimeOffset Time, string Grant, string? User, string? Client, string Outcome, string? Token);
