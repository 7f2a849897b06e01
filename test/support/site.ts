// Guestpass, the example application and a real browser, for the browser tests.
import { expect } from "chai";
import type { BrowserContextOptions, Page } from "playwright-core";
import { Chromium } from "./chromium.ts";
import { FileShare } from "./file-share.ts";
import { Guestpass } from "./guestpass.ts";

export class Site {
  readonly guestpass: Guestpass;
  readonly fileShare: FileShare;
  readonly chromium: Chromium;

  private constructor(guestpass: Guestpass, fileShare: FileShare, chromium: Chromium) {
    this.guestpass = guestpass;
    this.fileShare = fileShare;
    this.chromium = chromium;
  }

  static async start(): Promise<Site> {
    const guestpass = await Guestpass.start();
    return new Site(guestpass, await FileShare.start(guestpass), await Chromium.start());
  }

  async stop(): Promise<void> {
    await this.chromium.stop();
    await this.fileShare.stop();
    await this.guestpass.stop();
  }

  page(options: BrowserContextOptions = {}): Promise<Page> {
    return this.chromium.page(options);
  }

  /** Types an address where it is asked for, and answers the code that was mailed to it. */
  async askForCode(page: Page, address: string): Promise<string> {
    const before = this.guestpass.mail.to(address).length;
    await page.getByLabel("Your email address").fill(address);
    await page.getByRole("button", { name: "Email me a code" }).click();
    await page.getByLabel("6-digit code").waitFor();
    return this.guestpass.mail.code(address, before + 1);
  }

  /** From a page of Guestpass that asks who it is to wherever that leads. */
  async signIn(page: Page, address: string): Promise<void> {
    const code = await this.askForCode(page, address);
    await page.getByLabel("6-digit code").fill(code);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  /** Fails where a page complained on its console: a blocked script, style, form or request among it. */
  expectNoComplaints(): void {
    expect(this.chromium.complaints(), "complaints on the console").to.deep.equal([]);
  }
}

/** A code that is not this one. */
export function wrong(code: string): string {
  return code === "000000" ? "000001" : "000000";
}

export async function heading(page: Page): Promise<string | null> {
  return page.getByRole("heading", { level: 1 }).textContent();
}
