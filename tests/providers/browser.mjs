// As much of a browser as a sign-in needs: a cookie jar, redirects, and forms filled in by who knows the provider.
const MOST_STEPS = 20;
const MASKED = { '&amp;': '&', '&quot;': '"', '&#39;': "'", '&#x27;': "'", '&lt;': '<', '&gt;': '>' };

const text = (html) => html.replace(/&(amp|quot|#39|#x27|lt|gt);/g, (entity) => MASKED[entity]);
const attribute = (tag, name) => text(new RegExp(`\\b${name}\\s*=\\s*("([^"]*)"|'([^']*)')`, 'i').exec(tag)?.slice(2).find((value) => value !== undefined) ?? '');

export class Browser {
  #provider;

  /** By host: cookies ignore ports. */
  #cookies = new Map();

  /** @param provider fill(form, silent) gives the fields a user would, or null to give up */
  constructor(provider) { this.#provider = provider; }

  async json(url) {
    const response = await this.#send(url, { headers: { 'X-CSRF': '1' } });
    const body = await response.text();
    if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status} ${body.slice(0, 200)}`);
    return JSON.parse(body);
  }

  /** Goes on through redirects and forms until it arrives at an address that begins so, which is not asked. */
  async open(url, end, { silent = false } = {}) {
    let next = { url };
    for (let step = 0; step < MOST_STEPS; step += 1) {
      if (next.url.startsWith(end)) return next.url;
      const response = await this.#send(next.url, next.request);
      const location = response.headers.get('location');
      if (location && response.status >= 300 && response.status < 400) {
        await response.arrayBuffer();
        next = { url: new URL(location, next.url).href };
        continue;
      }
      next = await this.#submit(await response.text(), next.url, response.status, silent);
    }
    throw new Error(`does not end: ${next.url}`);
  }

  async #submit(html, url, status, silent) {
    const forms = [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, tag, inner]) => ({
      action: new URL(attribute(tag, 'action') || url, url).href,
      fields: Object.fromEntries([...inner.matchAll(/<(?:input|button)\b[^>]*>/gi)].map(([input]) => [attribute(input, 'name'), attribute(input, 'value')]).filter(([field]) => field)),
      url,
    }));
    for (const form of forms) {
      const filled = this.#provider.fill?.(form, silent);
      if (filled) {
        const body = new URLSearchParams(filled);
        return { url: form.action, request: { method: 'POST', body, headers: { Origin: new URL(url).origin } } };
      }
    }
    const way = await this.#provider.act?.({ url, html, send: (to, request) => this.#send(to, request) });
    if (way) return { url: new URL(way, url).href };
    throw new Error(`${new URL(url).origin}${new URL(url).pathname} answered ${status} and leads nowhere: ${html.replace(/<style[\s\S]*?<\/style>|<[^>]*>/g, ' ').replace(/\s+/g, ' ').slice(0, 300)}`);
  }

  async #send(url, { headers = {}, ...request } = {}) {
    const host = new URL(url).hostname;
    const jar = this.#cookies.get(host) ?? new Map();
    this.#cookies.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', ...request, headers: { Accept: 'text/html,application/json', ...headers, ...(cookie && { Cookie: cookie }) } });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(';');
      const [name, value] = [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1).trim()];
      const over = attributes.some((part) => /^\s*max-age=0*-?0*$/i.test(part) || (/^\s*expires=/i.test(part) && Date.parse(part.split('=')[1]) < Date.now()));
      if (over) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }
}
