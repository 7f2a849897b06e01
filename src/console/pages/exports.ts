// Every list as CSV (RFC 4180), for spreadsheets: all of it, page by page, with the filters of its page. Search terms are posted,
// so that they are in no URL.
import { Readable } from "node:stream";
import { type Html, html } from "../../http/html.ts";
import type { ConsolePages, Desk } from "../desk.ts";

interface List {
  operation: string;
  /** What the path of the operation names, from the form. */
  params?: string[];
  /** Where the items are in its answer. */
  within?: string;
  /** Filters that the operation takes. */
  filters: string[];
  /** If an address or a name is searched for: the operation that does it, and its field. */
  search?: { operation: string; field: string };
  /** Fields of an item, the name of a column each; "mail.state" is the state of its mail. */
  columns: string[];
  /** It has pages. */
  paged: boolean;
}

const lists = {
  guests: {
    operation: "listGuests",
    filters: ["state", "client_id", "due_before", "expires_before", "undeliverable", "erasure_asked"],
    search: { operation: "searchGuests", field: "search" },
    columns: [
      "sub",
      "email",
      "name",
      "state",
      "verified_at",
      "deadline.at",
      "deadline.decided_by",
      "expires_at",
      "suspended_reason",
      "undeliverable_since",
      "external_id",
      "locale",
      "created_at",
    ],
    paged: true,
  },
  invitations: {
    operation: "listInvitations",
    filters: ["state", "mail", "client_id", "ends_before", "sub"],
    search: { operation: "searchInvitations", field: "email" },
    columns: [
      "id",
      "email",
      "sub",
      "client_id",
      "label",
      "state",
      "sponsor_name",
      "sponsor_email",
      "target_url",
      "mail.state",
      "mail.words",
      "created_at",
      "redeem_by",
      "redeemed_at",
      "access_ends_at",
      "revoked_at",
    ],
    paged: true,
  },
  jobs: {
    operation: "listJobs",
    filters: ["state"],
    columns: ["id", "act", "state", "actor", "total", "done", "left_out", "client_id", "created_at", "ended_at"],
    paged: true,
  },
  jobGuests: { operation: "listJobGuests", params: ["id"], filters: [], columns: ["sub", "email", "reason"], paged: true },
  addresses: {
    operation: "readGuest",
    params: ["sub"],
    within: "aliases",
    filters: [],
    columns: ["address", "primary", "mailbox", "verified_at", "undeliverable.since", "undeliverable.reason"],
    paged: false,
  },
  sessions: {
    operation: "listSessions",
    params: ["sub"],
    filters: [],
    columns: ["id", "device", "since", "applications"],
    paged: false,
  },
  passkeys: {
    operation: "listPasskeys",
    params: ["sub"],
    filters: [],
    columns: ["id", "email", "device", "created_at", "last_used_at"],
    paged: false,
  },
  attempts: {
    operation: "readMail",
    params: ["id"],
    within: "history",
    filters: [],
    columns: ["attempt", "at", "route", "outcome", "words", "duration_ms"],
    paged: false,
  },
  administratorPasskeys: {
    operation: "readAdministrator",
    params: ["id"],
    within: "passkeys",
    filters: [],
    columns: ["id", "label", "created_at", "last_used_at"],
    paged: false,
  },
  administratorSessions: {
    operation: "readAdministrator",
    params: ["id"],
    within: "sessions",
    filters: [],
    columns: ["id", "device", "network", "since", "last_seen"],
    paged: false,
  },
  applications: {
    operation: "listApplications",
    filters: [],
    columns: [
      "client_id",
      "name",
      "admission",
      "reverification_days",
      "first_party",
      "administrator",
      "profile",
      "redirect_uris",
      "updated_at",
    ],
    paged: true,
  },
  logouts: {
    operation: "listLogouts",
    filters: ["state", "client_id"],
    columns: ["client_id", "state", "attempts", "reason", "created_at"],
    paged: true,
  },
  refusals: { operation: "listTokenRefusals", filters: ["client_id"], columns: ["client_id", "reason", "times", "last_at"], paged: true },
  mail: {
    operation: "listMail",
    filters: ["state"],
    search: { operation: "searchMail", field: "email" },
    columns: [
      "id",
      "kind",
      "recipient",
      "state",
      "attempts",
      "last_route",
      "last_words",
      "bounced_reply",
      "created_at",
      "settled_at",
      "bounced_at",
    ],
    paged: true,
  },
  audit: {
    operation: "listAudit",
    filters: ["sub", "client_id", "action", "actor", "since", "until"],
    columns: ["id", "at", "action", "actor", "channel", "network", "client_id", "sub", "details", "personal"],
    paged: true,
  },
  keys: {
    operation: "listSigningKeys",
    filters: [],
    columns: ["kid", "alg", "state", "since", "ready_at", "ends_at"],
    paged: false,
  },
  administrators: {
    operation: "listAdministrators",
    filters: [],
    columns: ["id", "email", "name", "role", "provider", "created_at"],
    paged: false,
  },
} satisfies Record<string, List>;

export type ListName = keyof typeof lists;

export function exportPages(): ConsolePages {
  return {
    words: {},
    routes: Object.entries(lists).map(([name, list]: [string, List]) => ({
      method: "post",
      path: `/csv/${name}`,
      needs: [list.operation],
      run: async (desk) => {
        const pages = pagesOf(desk, list);
        // A wrong filter is reported on a page, not in the file.
        const first = await pages.next();
        desk.ctx.type = "text/csv";
        desk.ctx.attachment(`${name}.csv`);
        const chosen = desk.field("columns").split(" ");
        const columns = list.columns.filter((column) => chosen.includes(column));
        desk.ctx.body = Readable.from(inLines(columns.length > 0 ? columns : list.columns, first.value ?? [], pages));
      },
    })),
  };
}

/** The button below a list. @param filters as its page has them, and "columns" where not all of them are wanted (views/columns.ts) @param label where a page has several lists */
export function csvButton(desk: Desk, name: ListName, filters: Partial<Record<string, string>> = {}, label = "All as CSV"): Html {
  const fields = Object.fromEntries(Object.entries(filters).filter((each): each is [string, string] => Boolean(each[1])));
  return html`<p>${desk.button(`/csv/${name}`, label, { fields })}</p>`;
}

type Item = Record<string, unknown>;

async function* pagesOf(
  desk: Desk,
  { operation, params, within = "items", filters, search, paged }: List,
): AsyncGenerator<Item[], undefined> {
  const given = Object.fromEntries(filters.map((name) => [name, desk.field(name)]).filter(([, value]) => value !== ""));
  const sought = search && desk.field(search.field);
  const named = params ? { params: Object.fromEntries(params.map((name) => [name, desk.field(name)])) } : {};
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = paged ? { limit: 500, ...(cursor === undefined ? {} : { cursor }) } : {};
    const { body } =
      search && sought
        ? await desk.call(search.operation, {
            body: { ...given, ...page, ...truth(given, "undeliverable"), ...truth(given, "erasure_asked"), [search.field]: sought },
          })
        : await desk.call(operation, { ...named, ...(paged ? { query: { ...given, ...page } } : {}) });
    yield (body[within] ?? []) as Item[];
    cursor = (body["next"] as string | null | undefined) ?? null;
  }
  return undefined;
}

/** In a body it is a boolean; in a query it is text. */
function truth(given: Record<string, string>, name: string): Record<string, boolean> {
  return given[name] === undefined ? {} : { [name]: given[name] === "true" };
}

async function* inLines(columns: string[], first: Item[], others: AsyncGenerator<Item[], undefined>): AsyncGenerator<string> {
  yield `${columns.map((name) => name.replace(".", "_")).join(",")}\r\n`;
  const lines = (items: Item[]) => items.map((item) => `${columns.map((name) => cell(valueAt(item, name))).join(",")}\r\n`).join("");
  yield lines(first);
  for await (const items of others) yield lines(items);
}

function valueAt(item: Item, path: string): unknown {
  const [name = "", inner] = path.split(".");
  const value = item[name];
  return inner === undefined ? value : (value as Item | null | undefined)?.[inner];
}

/** Text that a spreadsheet would take for a formula gets an apostrophe in front, which Guestpass removes when it reads CSV. */
function cell(value: unknown): string {
  const text =
    value === null || value === undefined
      ? ""
      : Array.isArray(value)
        ? value.join(" ")
        : typeof value === "object"
          ? JSON.stringify(value)
          : String(value);
  const safe = typeof value === "string" && /^'*[=+\-@\t\r\0]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
