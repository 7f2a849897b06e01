// Explains why a request to an application's address failed, for the person who registered it.
import { excerpt } from "../texts/excerpt.ts";

/** @param error what fetch threw @returns such as "nothing listens at 192.0.2.1:8443"; one line, 200 characters at most */
export function whyUnreachable(error: Error, url: URL): string {
  const cause = innermost(error);
  const code = cause.code ?? cause.name;
  return excerpt(known(code, url) ?? cause.message);
}

function known(code: string, { host, hostname }: URL): string | undefined {
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) return `the name ${hostname} cannot be found`;
  if (code === "ECONNREFUSED") return `nothing listens at ${host}`;
  if (/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(code)) return `${host} closed the connection`;
  if (/^(EHOSTUNREACH|ENETUNREACH)$/.test(code)) return `${host} cannot be reached over the network`;
  if (/TIMEOUT|TimeoutError|ETIMEDOUT/.test(code)) return `${host} did not answer in time`;
  if (/^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT)/.test(code)) return `the certificate of ${host} is not trusted (${code})`;
  if (/^(EPROTO|ERR_SSL)/.test(code)) return `${host} does not speak TLS`;
  return undefined;
}

interface Cause {
  name: string;
  message: string;
  code?: string;
}

/** fetch says "fetch failed", and keeps in `cause` what it was; where several addresses were tried, in `errors`. */
function innermost(error: Error, depth = 0): Cause {
  const { cause, errors } = error as { cause?: unknown; errors?: unknown[] };
  const inner = cause ?? errors?.[0];
  return inner instanceof Error && depth < 5 ? innermost(inner, depth + 1) : (error as Cause);
}
