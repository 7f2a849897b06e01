// A guest's passkey, without a browser's script: the options of a page, and an authenticator in software that answers them.
import { codeIn } from "../../src/testing/mail-server.ts";
import { Authenticator } from "./authenticator.ts";
import type { Answer, Browser } from "./browser.ts";
import { passkeyOptions } from "./console.ts";
import type { Guestpass, RegisteredApplication } from "./guestpass.ts";

export class Guest {
  readonly browser: Browser;
  readonly passkey = new Authenticator();
  readonly address: string;
  readonly #guestpass: Guestpass;

  constructor(guestpass: Guestpass, address: string, headers: Record<string, string> = {}) {
    this.#guestpass = guestpass;
    this.address = address;
    this.browser = guestpass.browser(headers);
  }

  /** The first screen of a sign-in. */
  async begin(application: RegisteredApplication, params: Record<string, string> = {}): Promise<Answer> {
    return this.browser.open((await this.#guestpass.authorizationRequest(application, params)).url);
  }

  /** Signs in with a code, as a browser that can make passkeys does: what comes after it. */
  async byCode(application: RegisteredApplication, params: Record<string, string> = {}): Promise<Answer> {
    return this.code(await this.begin(application, params), "/email", { email: this.address, way: "code" });
  }

  /** Asks for a code on the page, and types it. @param able whether the browser says that it can make passkeys */
  async code(page: Answer, action: string, fields: Record<string, string> = {}, able = "yes"): Promise<Answer> {
    const { mail } = this.#guestpass;
    const before = mail.to(this.address).length;
    const asked = await this.browser.submit(page, action, fields);
    const codes = () =>
      mail
        .to(this.address)
        .slice(before)
        .map(codeIn)
        .filter((code) => code !== undefined);
    await mail.until(() => codes().length > 0);
    const says = asked.document.querySelector("[name=able]") ? { able } : {};
    return this.browser.submit(asked, "/passcode", { code: codes()[0] ?? "", ...says });
  }

  /** Makes a passkey where it is offered. */
  make(page: Answer, origin = this.#guestpass.issuer): Promise<Answer> {
    return this.browser.submit(page, "/passkey/make", {
      credential: JSON.stringify(this.passkey.create(passkeyOptions(page), { origin })),
    });
  }

  async enrol(application: RegisteredApplication): Promise<Answer> {
    return this.make(await this.byCode(application));
  }

  /** What the passkey answers to the page. */
  answer(page: Answer, origin = this.#guestpass.issuer): string {
    return JSON.stringify(this.passkey.get(passkeyOptions(page), { origin }));
  }

  /** Signs in with the passkey, in this browser or another one. */
  async byPasskey(
    application: RegisteredApplication,
    { params = {}, browser = this.browser }: { params?: Record<string, string>; browser?: Browser } = {},
  ) {
    const page = await browser.open((await this.#guestpass.authorizationRequest(application, params)).url);
    return browser.submit(page, "/passkey", { credential: this.answer(page) });
  }
}
