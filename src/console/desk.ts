// One request of somebody who is signed in to the console: who they are, what they may do, and the ways to answer.
import type { Context } from "koa";
import type { InProcess, OperationAnswer, OperationRequest } from "../admin/in-process.ts";
import type { SignedIn } from "../administrators/administrators.ts";
import type { Caller } from "../api/caller.ts";
import { Problem } from "../api/problem.ts";
import { type Html, html } from "../http/html.ts";
import type { ConsolePage } from "./frame.ts";
import { Times } from "./views/parts.ts";

export interface DeskDeps {
  ctx: Context;
  base: string;
  who: SignedIn;
  caller: Caller;
  inProcess: InProcess;
  token: string;
  now: number;
  zone: string;
  /** The messages about what was done, for the next page. */
  words: Record<string, string>;
  show(status: number, page: ConsolePage): void;
}

export class Desk {
  readonly ctx: Context;
  /** The console's path, no slash at its end. */
  readonly base: string;
  readonly who: SignedIn;
  /** Of forms. */
  readonly token: string;
  readonly times: Times;
  readonly now: number;
  readonly #deps: DeskDeps;
  #form: URLSearchParams | undefined;

  constructor(deps: DeskDeps) {
    this.#deps = deps;
    this.ctx = deps.ctx;
    this.base = deps.base;
    this.who = deps.who;
    this.token = deps.token;
    this.now = deps.now;
    this.times = new Times(deps.now, deps.zone);
  }

  /** An operation of the administration API, as this person. @throws Problem as the API would answer */
  async call<Body = Record<string, unknown>>(
    id: string,
    request?: OperationRequest,
  ): Promise<Omit<OperationAnswer, "body"> & { body: Body }> {
    const { inProcess, caller } = this.#deps;
    return (await inProcess.call(caller, id, request)) as Omit<OperationAnswer, "body"> & { body: Body };
  }

  allows(...operations: string[]): boolean {
    const { inProcess, caller } = this.#deps;
    return operations.every((id) => inProcess.allows(caller, id));
  }

  param(name: string): string {
    return String(this.ctx["params"][name] ?? "");
  }

  /** Of the query; "" where it is missing. */
  query(name: string): string {
    const value = this.ctx.query[name];
    return typeof value === "string" ? value : "";
  }

  /** The named parts of the query that are present. */
  queries<Name extends string>(...names: Name[]): Partial<Record<Name, string>> {
    const given = names.map((name) => [name, this.query(name)] as const).filter(([, value]) => value !== "");
    return Object.fromEntries(given) as Partial<Record<Name, string>>;
  }

  /** Of the form; "" where it is missing. */
  field(name: string): string {
    return (this.fields(name)[0] ?? "").trim();
  }

  /** All values of a field that can occur several times. */
  fields(name: string): string[] {
    this.#form ??= new URLSearchParams(this.ctx.request.rawBody ?? "");
    return this.#form.getAll(name);
  }

  show(page: ConsolePage, status = 200): void {
    this.#deps.show(status, { ...page, body: html`${this.#done()}${page.body}` });
  }

  /** After something was done: redirects to a page that says so. @param done a key of the page's messages */
  go(path: string, done?: string): void {
    this.ctx.status = 303;
    this.ctx.redirect(`${this.base}${path}${done === undefined ? "" : `${path.includes("?") ? "&" : "?"}done=${done}`}`);
  }

  /** A form that is posted to a path of the console. */
  form(path: string, body: Html, kind = ""): Html {
    return html`<form method="post" action="${this.base}${path}" class="${kind}"><input type="hidden" name="token" value="${this.token}">${body}</form>`;
  }

  /** One button that does something. */
  button(path: string, label: string, { kind = "quietly", fields = {} }: { kind?: string; fields?: Record<string, string> } = {}): Html {
    const hidden = Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
    return this.form(path, html`${hidden}<button class="${kind}">${label}</button>`, "inline");
  }

  link(path: string, text: Html | string): Html {
    return html`<a href="${this.base}${path}">${text}</a>`;
  }

  #done(): Html | false {
    const words = this.#deps.words[this.query("done")];
    return words !== undefined && html`<p class="note good" role="status">${words}</p>`;
  }
}

/** What is wrong, for the top of a form and for its fields. */
export interface Wrong {
  message: string;
  fields: Record<string, string>;
}

/** @throws anything that is not an answer of an operation */
export function wrongOf(error: unknown): Wrong {
  if (!(error instanceof Problem)) throw error;
  const { errors = [] } = error.extra as { errors?: { field: string; message: string }[] };
  const fields = Object.fromEntries(errors.map(({ field, message }) => [field.replace(/^changes\./, "").split(".")[0] ?? field, message]));
  return { message: errors.length > 0 ? "Put right what is marked below." : error.message, fields };
}

export function wrongNote(wrong: Wrong | undefined): Html | false {
  if (!wrong) return false;
  const fields = Object.entries(wrong.fields);
  return html`<div class="note bad" role="alert"><p>${wrong.message}</p>${
    fields.length > 0 &&
    html`<ul>${fields.map(([name, message]) => html`<li><a href="#${name}">${name.replaceAll("_", " ")}</a>: ${message}</li>`)}</ul>`
  }</div>`;
}

export interface ConsoleRoute {
  method: "get" | "post";
  /** Below the console's path. */
  path: string;
  /** The operations that it calls. It opens only for people who may call all of them. */
  needs: string[];
  /** It takes something away, and asks for a proof of presence first if the last one is more than 15 minutes old. */
  confirmed?: boolean;
  /** The largest form that is read; 64 KiB otherwise. */
  limit?: string;
  run(desk: Desk): Promise<void>;
}

/** Pages that belong together. */
export interface ConsolePages {
  routes: ConsoleRoute[];
  /** Messages about what was done, by the key that `desk.go` is given. */
  words: Record<string, string>;
}
