namespace Bff.Guard;

/// <summary>
/// How a route that uses the session tells a request of its own pages from one that a foreign page makes the browser send; stated in its YARP metadata as
/// <c>Bff.Csrf</c>. What a method other than GET or HEAD needs is the same for all of them.
/// </summary>
internal enum CsrfMode
{
    /// <summary>The header <c>X-CSRF: 1</c>, which only script can add. The default.</summary>
    Header,

    /// <summary>
    /// For what a browser fetches without script (images, media, event streams, downloads): GET and HEAD pass by <c>Sec-Fetch-Site: same-origin</c> or by an
    /// allowed <c>Origin</c>, too.
    /// </summary>
    FetchMetadata,

    /// <summary>
    /// For pages behind the sign-in: as <see cref="FetchMetadata"/>, and the whole tab may go there from anywhere. Without a session it is sent to sign in and
    /// comes back to the same address.
    /// </summary>
    Navigation,
}
