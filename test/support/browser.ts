// A browser without JavaScript: a real cookie jar, links, forms and redirects.
import { type HTMLElement, parse } from "node-html-parser";
import { CookieJar } from "tough-cookie";

export class Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  readonly document: HTMLElement;

  constructor(url: string, response: Response, body: string) {
    this.url = url;
    this.status = response.status;
    this.headers = response.headers;
    this.body = body;
    this.document = parse(body);
  }

  get location(): string {
    return new URL(this.headers.get("location") ?? "", this.url).href;
  }
  /** What a redirect carries in its query. */
  get query(): Record<string, string> {
    return Object.fromEntries(new URL(this.location).searchParams);
  }
  get isRedirect(): boolean {
    return this.status >= 300 && this.status < 400;
  }
  get title(): string {
    return this.document.querySelector("h1")?.text ?? "";
  }
  /** Whether the content security policy lets a form of this page, and the redirects that follow it, lead anywhere. */
  get letsFormsLeadOn(): boolean {
    return !/form-action/.test(this.headers.get("content-security-policy") ?? "form-action");
  }
  /** What a person reads. */
  get text(): string {
    return (this.document.querySelector("main") ?? this.document).text.replace(/\s+/g, " ").trim();
  }
}

export class Browser {
  readonly jar = new CookieJar();
  /** Sent with every request. */
  readonly headers: Record<string, string>;
  /** Redirects to these origins are not followed: they belong to the relying application. */
  readonly stopAt: Set<string>;
  readonly #fetch: typeof fetch;

  /** @param via how requests are made: test/support/tls-proxy.ts has one that goes through a proxy */
  constructor({
    headers = {},
    stopAt = [],
    via = fetch,
  }: { headers?: Record<string, string>; stopAt?: string[]; via?: typeof fetch } = {}) {
    this.headers = { accept: "text/html", ...headers };
    this.stopAt = new Set(stopAt);
    this.#fetch = via;
  }

  /** One request, no redirect followed. */
  async request(url: string, init: RequestInit = {}): Promise<Answer> {
    const cookie = await this.jar.getCookieString(url);
    const headers = { ...this.headers, ...(cookie ? { cookie } : {}), ...(init.headers as Record<string, string>) };
    const response = await this.#fetch(url, { ...init, headers, redirect: "manual" });
    for (const set of response.headers.getSetCookie()) await this.jar.setCookie(set, url, { ignoreError: true });
    return new Answer(url, response, await response.text());
  }

  /** Opens a page, following redirects except to the relying application. */
  async open(url: string): Promise<Answer> {
    return this.follow(await this.request(url));
  }

  async follow(answer: Answer): Promise<Answer> {
    let current = answer;
    for (let hops = 0; current.isRedirect && !this.stopAt.has(new URL(current.location).origin); hops++) {
      if (hops > 10) throw new Error("too many redirects");
      current = await this.request(current.location);
    }
    return current;
  }

  /** Submits the form of a page whose action ends in `action`, and follows. */
  async submit(page: Answer, action: string, fields: Record<string, string> = {}): Promise<Answer> {
    return this.follow(await this.post(page, action, fields));
  }

  /** As submit, without following. */
  post(page: Answer, action: string, fields: Record<string, string> = {}): Promise<Answer> {
    const forms = page.document.querySelectorAll("form");
    const button = page.document.querySelectorAll("button[formaction]").find((each) => each.getAttribute("formaction")?.endsWith(action));
    const form = button ? button.closest("form") : forms.find((candidate) => candidate.getAttribute("action")?.endsWith(action));
    if (!form) throw new Error(`the page "${page.title}" (${page.status}) has no form for ${action}: ${page.text}`);
    const body = new URLSearchParams();
    const inputs = form
      .querySelectorAll("input")
      .filter((input) => input.getAttribute("type") !== "checkbox" || input.hasAttribute("checked"));
    for (const input of inputs) {
      const [name = "", value = ""] = [input.getAttribute("name"), input.getAttribute("value")];
      // A form can have several hidden fields of one name.
      if (input.getAttribute("type") === "hidden") body.append(name, value);
      else body.set(name, value);
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    const path = button?.getAttribute("formaction") ?? (form.getAttribute("action") as string);
    return this.request(new URL(path, page.url).href, { method: "POST", body });
  }
}
