// A relying application's test, as docs/testing.md says to write one: .ci/package.ts checks and runs it beside the installed package.
import { equal, ok } from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { type Mail, type Span, startProvider, type TestApplication, type TestProvider } from "guestpass/testing";

const address = "guest@example.com";
const callback = "http://localhost:4100/callback";
const period: Span = { days: 14 };
const cookies = new Map<string, string>();

const provider: TestProvider = await startProvider();
try {
  const application = await provider.register({ redirect_uris: [callback], reverification_days: 14, token_endpoint_auth_method: "none" });
  equal(application.client_secret, undefined);
  ok(await signIn(application));
  equal(await silently(application), null);
  provider.clock.advance(period);
  equal(await silently(application), "login_required");
  const [mail]: Mail[] = provider.mailbox.to(address);
  ok(mail?.parsed.subject);
  const { status, body }: { status: number; body: Record<string, unknown> } = await provider.admin("listGuests", { query: {} });
  equal(status, 200);
  ok(Array.isArray(body["items"]));
} finally {
  await provider.stop();
}
console.log("guestpass/testing asks for the mailbox again when its period has passed.");

/** @returns the code that comes back to the application */
async function signIn(application: TestApplication): Promise<string | null> {
  const asked = await submit(await open(authorization(application)), "/email", { email: address });
  const entered = await submit(asked, "/passcode", { code: await provider.mailbox.code(address) });
  return new URL(entered.url).searchParams.get("code");
}

/** @returns the error that the application gets if it asks without a screen, null if the guest is admitted */
async function silently(application: TestApplication): Promise<string | null> {
  return new URL((await open(`${authorization(application)}&prompt=none`)).url).searchParams.get("error");
}

function authorization({ issuer, client_id }: TestApplication): string {
  const code_challenge = createHash("sha256").update(randomBytes(32).toString("base64url")).digest("base64url");
  const challenge = { code_challenge, code_challenge_method: "S256" };
  return `${issuer}/auth?${new URLSearchParams({ client_id, redirect_uri: callback, response_type: "code", scope: "openid", ...challenge })}`;
}

interface Page {
  url: string;
  text: string;
}

/** As a browser would, up to the application. */
async function open(url: string, init: RequestInit = {}): Promise<Page> {
  if (url.startsWith(callback)) return { url, text: "" };
  const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
  const response = await fetch(url, { ...init, redirect: "manual", headers: { accept: "text/html", cookie } });
  for (const set of response.headers.getSetCookie()) {
    const [, name = "", value = ""] = /^([^=]*)=([^;]*)/.exec(set) ?? [];
    cookies.set(name, value);
  }
  const location = response.headers.get("location");
  return location === null ? { url, text: await response.text() } : open(new URL(location, url).href);
}

/** Fills in the form of the page that goes to the action. */
function submit({ url, text }: Page, action: string, fields: Record<string, string>): Promise<Page> {
  const form = text.split("<form").find((part) => part.split(">", 1)[0]?.includes(`${action}"`)) ?? "";
  const hidden = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]);
  const body = new URLSearchParams({ ...(Object.fromEntries(hidden) as Record<string, string>), ...fields });
  return open(`${url}${action}`, { method: "POST", body });
}
