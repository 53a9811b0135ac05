namespace Bff;

/// <summary>A failure that callers are told of in words of its own, and that whoever throws it has logged.</summary>
/// <param name="response">What a caller is told.</param>
/// <param name="message">What operators are told.</param>
/// <param name="inner">What caused it.</param>
internal abstract class ProblemException(Problem response, string message, Exception? inner = null) : Exception(message, inner)
{
    public Problem Response { get; } = response;

    /// <returns>The one an exception is, or was caused by; null when it is none.</returns>
    public static ProblemException? In(Exception? error) => error as ProblemException ?? (error is null ? null : In(error.InnerException));
}
