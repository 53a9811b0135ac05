namespace Bff.Commands;

/// <summary>The exit codes of the process; <c>--help</c> lists them.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>Something that is needed does not respond, or is not there.</summary>
    public const int Unreachable = 1;

    /// <summary>A command could not do what it was asked to, and says why.</summary>
    public const int NotDone = 1;

    /// <summary>EX_USAGE of sysexits.h.</summary>
    public const int Usage = 64;

    /// <summary>Something is in the way that may be gone the next time: a port in use, a store that is down.</summary>
    public const int MayPass = StartFailure.MayPassExitCode;

    public const int Configuration = StartFailure.ExitCode;
}
