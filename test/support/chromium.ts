// The system's own Chromium. Whatever a page complains about on its console (a CSP violation, a script that fails, something
// that cannot be loaded) is kept, for the test to fail on.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const wide = { width: 1280, height: 800 };
/** The narrowest that WCAG 2.2, 1.4.10 asks for. */
export const narrow = { width: 320, height: 640 };

export class Chromium {
  readonly #browser: Browser;
  readonly #complaints: { text: string; about: string }[] = [];
  /** Documents that were answered with an error status: Chromium complains about those too, and they are our pages. */
  readonly #documents = new Set<string>();

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** @param hosts names that lead to this machine */
  static async start(hosts: string[] = []): Promise<Chromium> {
    const rules = hosts.map((host) => `MAP ${host} 127.0.0.1`).join(", ");
    const args = rules === "" ? flags : [...flags, `--host-resolver-rules=${rules}`];
    return new Chromium(await chromium.launch({ executablePath: findExecutable(), args }));
  }

  async stop(): Promise<void> {
    await this.#browser.close();
  }

  /** A page in a browser of its own: no cookie is shared with any other. */
  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: wide, locale: "en", ...options });
    context.setDefaultTimeout(15_000);
    context.on("page", (page) => this.#listen(page));
    return context.newPage();
  }

  /** What pages complained of since the last call. */
  complaints(): string[] {
    const isErrorPage = ({ text, about }: { text: string; about: string }) =>
      /^Failed to load resource: the server responded with a status of [45]\d\d/.test(text) && this.#documents.has(withoutFragment(about));
    return this.#complaints
      .splice(0)
      .filter((complaint) => !isErrorPage(complaint))
      .map(({ text, about }) => `${text} (${about})`);
  }

  #listen(page: Page): void {
    page.on("console", (message) => {
      if (message.type() === "error") this.#complaints.push({ text: message.text(), about: message.location().url });
    });
    page.on("pageerror", (error) => this.#complaints.push({ text: String(error), about: page.url() }));
    page.on("response", (response) => {
      if (response.request().isNavigationRequest()) this.#documents.add(withoutFragment(response.url()));
    });
  }
}

function withoutFragment(url: string): string {
  return url.replace(/#.*/, "");
}

function findExecutable(): string {
  const named = process.env["GUESTPASS_CHROMIUM"];
  if (named) return named;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  if (!found) throw new Error(`None of ${names.join(", ")} is installed. Install one, or set GUESTPASS_CHROMIUM to its path.`);
  return found;
}
