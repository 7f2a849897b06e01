// One guest's browser and the relying application that sent it: as little as a sign-in takes, so that the load costs little beside the server.
import { hash, randomBytes } from "node:crypto";
import { type Agent, type IncomingHttpHeaders, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { Codes } from "./codes.ts";

export interface Target {
  issuer: string;
  clientId: string;
  clientSecret: string;
  redirectUri: string;
  /** Of the server's processes, where the load spreads over several; the issuer's otherwise. */
  ports?: number[];
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Cookie {
  name: string;
  value: string;
  path: string;
}

export class Visitor {
  /** Requests made by the browser and the application. */
  requests = 0;
  readonly #target: Target;
  readonly #agent: Agent;
  /** The client address that a proxy would report: every guest comes from another one. */
  readonly #network: string;
  #cookies: Cookie[] = [];

  constructor(target: Target, agent: Agent) {
    this.#target = target;
    this.#agent = agent;
    this.#network = `10.${[...randomBytes(3)].join(".")}`;
  }

  /**
   * The whole sign-in, up to userinfo.
   * @param pause milliseconds that the guest takes for each form
   */
  async signIn(address: string, codes: Codes, pause: number): Promise<void> {
    const authorization = this.#authorization();
    const start = await this.#send("GET", authorization.path);
    const emailPage = await this.#send("GET", location(start));
    await wait(pause);
    const mailed = codes.next(address);
    const asked = await this.#post(emailPage, "email", { email: address });
    const codePage = await this.#send("GET", location(asked));
    await wait(pause);
    const proven = await this.#post(codePage, "passcode", { code: await mailed });
    await this.#redeem(await this.#send("GET", location(proven)), authorization.verifier, address);
  }

  /** As far as the mail. @returns milliseconds from the click that asks for a code until the mail server had accepted the mail */
  async askForCode(address: string, codes: Codes): Promise<number> {
    const emailPage = await this.#send("GET", location(await this.#send("GET", this.#authorization().path)));
    const accepted = codes.next(address).then(() => performance.now());
    const began = performance.now();
    await this.#post(emailPage, "email", { email: address });
    return (await accepted) - began;
  }

  /** With the session of an earlier sign-in: nothing is shown. */
  async signInSilently(address: string): Promise<void> {
    const authorization = this.#authorization({ prompt: "none" });
    await this.#redeem(await this.#send("GET", authorization.path), authorization.verifier, address);
  }

  #authorization(extra: Record<string, string> = {}): { path: string; verifier: string } {
    const verifier = randomBytes(32).toString("base64url");
    const params = new URLSearchParams({
      client_id: this.#target.clientId,
      redirect_uri: this.#target.redirectUri,
      response_type: "code",
      scope: "openid email profile",
      state: randomBytes(8).toString("base64url"),
      nonce: randomBytes(8).toString("base64url"),
      code_challenge: hash("sha256", verifier, "base64url"),
      code_challenge_method: "S256",
      ...extra,
    });
    return { path: `/auth?${params}`, verifier };
  }

  async #redeem(answer: Answer, verifier: string, address: string): Promise<void> {
    const { clientId, clientSecret, redirectUri } = this.#target;
    const code = new URL(location(answer)).searchParams.get("code");
    if (!code) throw new Error(`no code but ${location(answer)}`);
    const credentials = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString("base64");
    const form = new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier });
    const tokens = await this.#send("POST", "/token", String(form), { authorization: `Basic ${credentials}` });
    const { access_token: token, id_token: idToken } = JSON.parse(tokens.body) as Record<string, string>;
    if (!token || !idToken) throw new Error(`no tokens but ${tokens.status}: ${tokens.body}`);
    const userinfo = await this.#send("GET", "/me", undefined, { authorization: `Bearer ${token}` });
    const { email } = JSON.parse(userinfo.body) as { email?: string };
    if (email !== address) throw new Error(`userinfo says ${userinfo.body}`);
  }

  /** Submits the form of the page whose action ends so, with its hidden fields. */
  #post(page: Answer, action: string, fields: Record<string, string>): Promise<Answer> {
    const form = new RegExp(`<form[^>]* action="([^"]*/${action})".*?</form>`, "s").exec(page.body);
    if (!form) throw new Error(`a page without the form ${action} (${page.status}): ${page.body}`);
    const hidden = [...form[0].matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]);
    const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields });
    return this.#send("POST", form[1] as string, String(body));
  }

  #send(method: string, url: string, body?: string, extra: Record<string, string> = {}): Promise<Answer> {
    this.requests++;
    const { host, hostname, port, pathname, search } = new URL(url, this.#target.issuer);
    if (host !== new URL(this.#target.issuer).host) throw new Error(`the benchmark stays on this machine: ${url}`);
    const headers: Record<string, string> = { accept: "text/html", "accept-language": "en", "x-forwarded-for": this.#network, ...extra };
    const cookies = this.#cookies.filter(({ path }) => pathname === path || pathname.startsWith(path === "/" ? path : `${path}/`));
    if (cookies.length > 0) headers["cookie"] = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    if (body !== undefined) headers["content-type"] = "application/x-www-form-urlencoded";
    return new Promise((resolve, reject) => {
      const sent = request({ method, hostname, port, path: pathname + search, headers, agent: this.#agent }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => {
          this.#keep(response.headers["set-cookie"] ?? []);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
        response.on("error", reject);
      });
      sent.on("error", reject).end(body);
    });
  }

  #keep(lines: string[]): void {
    for (const line of lines) {
      const [pair = "", ...attributes] = line.split("; ");
      const at = pair.indexOf("=");
      const name = pair.slice(0, at);
      const value = pair.slice(at + 1);
      const path = attributes.find((attribute) => attribute.startsWith("path="))?.slice(5) ?? "/";
      this.#cookies = this.#cookies.filter((cookie) => cookie.name !== name || cookie.path !== path);
      if (value) this.#cookies.push({ name, value, path });
    }
  }
}

function location(answer: Answer): string {
  const { location: to } = answer.headers;
  if (!to) throw new Error(`no redirect but ${answer.status}: ${answer.body}`);
  return to;
}
