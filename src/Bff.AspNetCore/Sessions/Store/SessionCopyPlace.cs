namespace Bff.Sessions.Store;

/// <summary>Where a copy was before its session was written, so that one of what was written can take its place.</summary>
/// <param name="Generation">Of the changes by then.</param>
/// <param name="Epoch">Of the times when changes may have gone unheard.</param>
/// <param name="At">When the write began: the copy is no younger.</param>
internal readonly record struct SessionCopyPlace(int Generation, int Epoch, DateTimeOffset At);
