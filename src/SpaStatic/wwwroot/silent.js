// Where a silent sign-in ends: hands the outcome in the address to the page that opened the frame. The outcome, nothing else.
const answer = new URLSearchParams(location.search);

if (window.parent !== window) {
  window.parent.postMessage(
    { type: 'bff:silent', result: answer.get('result'), error: answer.get('error') },
    location.origin, // page and silent page share one origin; a stranger who frames us hears nothing
  );
}
