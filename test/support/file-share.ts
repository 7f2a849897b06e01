// The example application beside a Guestpass of the test, as `npm start` runs it.
import type { Server } from "node:http";
import type { HTMLElement } from "node-html-parser";
import { createFileShare } from "../../examples/file-share/app.ts";
import { listen } from "../../examples/file-share/server.ts";
import { backchannelLogoutOf } from "../../examples/file-share/settings.ts";
import { registerAs } from "../../examples/register.ts";
import type { Mail } from "../../src/testing/mail-server.ts";
import { type Answer, Browser } from "./browser.ts";
import { freePort, type Guestpass } from "./guestpass.ts";

/** Settings of a Guestpass that can tell the example of ended sessions. */
export const reachesExample = { GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8,::1/128" };

export class FileShare {
  readonly url: string;
  readonly clientId: string;
  readonly #guestpass: Guestpass;
  readonly #server: Server;

  private constructor(running: { url: string; clientId: string; guestpass: Guestpass; server: Server }) {
    this.url = running.url;
    this.clientId = running.clientId;
    this.#guestpass = running.guestpass;
    this.#server = running.server;
  }

  /** It has a file, Welcome.txt, that is shared with nobody. */
  static async start(guestpass: Guestpass, issuer = guestpass.issuer): Promise<FileShare> {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const registered = await registerAs(guestpass.server.app, `file-share-${port}`, url);
    const owner = { name: "Olivia Owner", email: "olivia@example.com" };
    const server = await listen(port);
    server.on("request", createFileShare({ url, issuer, owner, ...registered }).callback());
    return new FileShare({ url, clientId: registered.clientId, guestpass, server });
  }

  get welcome(): string {
    return `${this.url}/files/welcome`;
  }

  get backchannelLogout(): string {
    return backchannelLogoutOf(this);
  }

  /** The browser that the owner sits at. */
  owner(): Browser {
    return new Browser({ headers: { "sec-fetch-site": "same-origin" } });
  }

  /** The owner shares a file, Welcome.txt unless said otherwise. @returns the link that was mailed */
  async share(address: string, link = this.welcome): Promise<string> {
    const before = this.#guestpass.mail.to(address).length;
    const answer = await this.owner().request(`${link}/people`, { method: "POST", body: new URLSearchParams({ email: address }) });
    if (answer.status !== 303) throw new Error(`${address} was not invited: ${answer.text}`);
    const mails = await this.#guestpass.mail.wait(address, before + 1);
    return invitationLink(mails[before] as Mail);
  }

  /** The owner shares a new file, with one address on each line. */
  create(name: string, text: string, emails: string): Promise<Answer> {
    const body = new URLSearchParams({ name, text, emails });
    return this.owner().request(`${this.url}/files`, { method: "POST", body });
  }

  /** What the owner's page says of an invited address, and the buttons beside it. */
  async shareOf(address: string, name = "Welcome.txt"): Promise<{ state: string; buttons: string[] }> {
    const row = await this.#row(address, name);
    return { state: row.querySelector("strong")?.text ?? "", buttons: row.querySelectorAll("button").map(({ text }) => text) };
  }

  /** The owner presses a button beside an invited address. */
  async press(button: string, address: string, name = "Welcome.txt"): Promise<Answer> {
    const row = await this.#row(address, name);
    const form = row.querySelectorAll("form").find((candidate) => candidate.querySelector("button")?.text === button);
    if (!form) throw new Error(`there is no button "${button}"`);
    const inputs = form
      .querySelectorAll("input")
      .map((input): [string, string] => [input.getAttribute("name") ?? "", input.getAttribute("value") ?? ""]);
    const body = new URLSearchParams(inputs);
    return this.owner().request(this.url + form.getAttribute("action"), { method: "POST", body });
  }

  async #row(address: string, name: string): Promise<HTMLElement> {
    const { document } = await this.owner().open(this.url);
    const section = document.querySelectorAll("section").find((candidate) => candidate.querySelector("h2")?.text === name);
    const row = section?.querySelectorAll("li").find((candidate) => candidate.querySelector("bdi")?.text === address);
    if (!row) throw new Error(`${name} is not shared with ${address}`);
    return row;
  }

  /** A browser in which somebody has opened the link and signed in with the address. */
  async signedIn(address: string, link = this.welcome, browser = new Browser()): Promise<Browser> {
    const before = this.#guestpass.mail.to(address).length;
    const asked = await browser.submit(await browser.open(link), "/email", { email: address });
    await browser.submit(asked, "/passcode", { code: await this.#guestpass.mail.code(address, before + 1) });
    return browser;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The link that an invitation carries. */
function invitationLink(mail: Mail): string {
  const link = /^http\S+\/invitations\/\S+$/m.exec(mail.parsed.text ?? "")?.[0];
  if (!link) throw new Error(`the mail "${mail.parsed.subject}" is no invitation`);
  return link;
}
