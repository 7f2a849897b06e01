import type { outboundFetch } from "../../outbound/outbound.ts";
import type { FetchText } from "./ses.ts";

const mostCharacters = 64 * 1024;
const patience = 5000;

/** Reads small documents through the guarded fetch of src/outbound. */
export function fetchTextBy(fetch: ReturnType<typeof outboundFetch>): FetchText {
  return async (url) => {
    const response = await fetch(url, { signal: AbortSignal.timeout(patience) } as never);
    if (response.status !== 200) throw new Error(`${new URL(url).host} answers ${response.status}`);
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > mostCharacters) throw new Error(`${new URL(url).host} sends more than a certificate`);
    }
    return text;
  };
}
