// What the address bar of a browser sends. Node's fetch says "Sec-Fetch-Mode: cors", as a script would, and mod_auth_openidc
// refuses scripts rather than to send them to sign in.
import { Agent, fetch as undiciFetch } from "undici";

const dispatcher = new Agent().compose(
  (dispatch) => (options, handler) =>
    dispatch({ ...options, headers: { ...(options.headers as Record<string, string>), "sec-fetch-mode": "navigate" } }, handler),
);

/** For the `via` of test/support/browser.ts. */
export const navigate = ((url: string, init: object) => undiciFetch(url, { ...init, dispatcher })) as unknown as typeof fetch;
