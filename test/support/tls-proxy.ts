// What a proxy that terminates TLS does, seen from Guestpass: requests to the https issuer reach its plain port, marked.

/** fetch, with requests to `issuer` sent to `upstream` as a trusted proxy would send them. */
export function throughProxy(issuer: string, upstream: string): typeof fetch {
  return (input, init = {}) => {
    const url = String(input instanceof Request ? input.url : input);
    if (!url.startsWith(`${issuer}/`)) throw new Error(`${url} is not behind the proxy`);
    const headers = new Headers(init.headers);
    headers.set("x-forwarded-proto", "https");
    return fetch(upstream + url.slice(issuer.length), { ...init, headers });
  };
}
