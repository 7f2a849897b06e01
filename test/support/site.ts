// Guestpass, the example application and a real browser, for the browser tests.
import { expect } from "chai";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { Chromium } from "./chromium.ts";
import { FileShare, reachesExample } from "./file-share.ts";
import { Guestpass } from "./guestpass.ts";
import { say } from "./texts.ts";

export class Site {
  readonly guestpass: Guestpass;
  readonly fileShare: FileShare;
  readonly chromium: Chromium;

  private constructor(guestpass: Guestpass, fileShare: FileShare, chromium: Chromium) {
    this.guestpass = guestpass;
    this.fileShare = fileShare;
    this.chromium = chromium;
  }

  /**
   * Welcome.txt of the example is shared with ada@example.com.
   * @param settings environment variables of the configuration
   */
  static async start(settings: Record<string, string> = {}): Promise<Site> {
    const guestpass = await Guestpass.start({ ...reachesExample, ...settings });
    const fileShare = await FileShare.start(guestpass);
    await fileShare.share("ada@example.com");
    return new Site(guestpass, fileShare, await Chromium.start());
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
    await page.getByLabel(say("enter-email.label")).fill(address);
    await page.getByRole("button", { name: say("enter-email.submit") }).click();
    await codeField(page).waitFor();
    return this.guestpass.mail.code(address, before + 1);
  }

  /** From a page of Guestpass that asks who it is to wherever that leads. */
  async signIn(page: Page, address: string): Promise<void> {
    await submitCode(page, await this.askForCode(page, address));
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

export function codeField(page: Page): Locator {
  return page.getByLabel(say("enter-passcode.label", { count: 6 }));
}

export function submitButton(page: Page): Locator {
  return page.getByRole("button", { name: say("enter-passcode.submit"), exact: true });
}

export async function submitCode(page: Page, code: string): Promise<void> {
  await codeField(page).fill(code);
  await submitButton(page).click();
}

/** Waits until the page with this title is there: what was clicked may still be on its way. */
export async function sees(page: Page, title: string): Promise<void> {
  await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
}
