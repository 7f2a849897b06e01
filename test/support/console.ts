// The console as an administrator uses it: in Chromium, with its virtual authenticator for passkeys.
import type { CDPSession, Page } from "playwright-core";
import type { Role } from "../../src/administrators/administrator.ts";
import { Authenticator } from "./authenticator.ts";
import { type Answer, Browser } from "./browser.ts";
import type { Guestpass } from "./guestpass.ts";

/** Gives the browser of the page an authenticator with nobody in it (CDP, WebAuthn). */
export async function addAuthenticator(
  page: Page,
  { verified = true, transport = "internal" }: { verified?: boolean; transport?: "internal" | "usb" } = {},
): Promise<CDPSession> {
  return (await authenticatorOf(page, verified, transport)).session;
}

/** @returns `touches` says whether the sensor is touched whenever it is asked, also where the browser offers passkeys in a field */
export async function authenticatorOf(
  page: Page,
  verified = true,
  transport: "internal" | "usb" = "internal",
): Promise<{ session: CDPSession; touches(enabled: boolean): Promise<void> }> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport,
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: verified,
      automaticPresenceSimulation: true,
    },
  });
  const touches = async (enabled: boolean) => {
    await session.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled });
  };
  return { session, touches };
}

/** Adds an administrator as the command line does. @returns the link that enrols a passkey */
export async function administratorLink(guestpass: Guestpass, email: string, role: Role = "owner"): Promise<string> {
  const { body } = await guestpass.server.app.admin("addAdministrator", { body: { email, role } });
  return String(body["link"]);
}

/** Follows the link, makes a passkey, and is in the console. */
export async function enrol(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

/** The options for a passkey that a page carries. */
export function passkeyOptions(page: Answer): { challenge: string } {
  const form = page.document.querySelector("form[data-passkey]");
  if (!form) throw new Error(`the page "${page.title}" (${page.status}) asks for no passkey`);
  return JSON.parse(form.getAttribute("data-passkey") as string);
}

/** Somebody in the console without a browser: links, forms, and a passkey in software. */
export class Administrator {
  readonly browser = new Browser({ headers: { "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0" } });
  readonly passkey = new Authenticator();
  readonly #guestpass: Guestpass;

  constructor(guestpass: Guestpass) {
    this.#guestpass = guestpass;
  }

  static async enrolled(guestpass: Guestpass, email: string, role: Role = "owner"): Promise<Administrator> {
    const administrator = new Administrator(guestpass);
    const page = await administrator.enrol(await administratorLink(guestpass, email, role));
    if (page.title !== "Overview") throw new Error(`${email} is not in the console, but at "${page.title}": ${page.text}`);
    return administrator;
  }

  get origin(): string {
    return this.#guestpass.issuer;
  }

  /** What the link's page asks for. */
  async begin(link: string): Promise<Answer> {
    const token = new URL(link).hash.slice(1);
    return this.browser.submit(await this.open("/enrol"), "/enrol/begin", { token });
  }

  async enrol(link: string): Promise<Answer> {
    const page = await this.begin(link);
    const credential = JSON.stringify(this.passkey.create(passkeyOptions(page), { origin: this.origin }));
    return this.browser.submit(page, "/enrol", { credential });
  }

  async signIn(browser = this.browser): Promise<Answer> {
    const page = await browser.open(`${this.origin}/console/sign-in`);
    const credential = JSON.stringify(this.passkey.get(passkeyOptions(page), { origin: this.origin }));
    return browser.submit(page, "/sign-in", { credential });
  }

  /** Answers a page that asks whether it is them. */
  async confirm(page: Answer, action: string): Promise<Answer> {
    const credential = JSON.stringify(this.passkey.get(passkeyOptions(page), { origin: this.origin }));
    return this.browser.submit(page, action, { credential });
  }

  open(path = ""): Promise<Answer> {
    return this.browser.open(`${this.origin}/console${path}`);
  }
}
