namespace Bff.Sessions.Store;

/// <summary>The provider has signed the user out since the sign-in was begun that would begin a session now.</summary>
internal sealed class SignedOutMeanwhileException() : Exception("The provider has signed the user out since this sign-in was begun.");
