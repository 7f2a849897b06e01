// The guest directory: finding guests. guest.ts has the pages of one.
import { type Html, html } from "../../http/html.ts";
import type { ConsolePages, Desk } from "../desk.ts";
import { type Choosable, type ChosenColumns, chosenColumns } from "../views/columns.ts";
import { bulkActs, guestsInWords } from "../views/jobs.ts";
import { badge, choiceField, type Mood, pager, table, textField } from "../views/parts.ts";
import { ruleInWords } from "../views/rules.ts";
import { csvButton } from "./exports.ts";

export interface GuestShown {
  sub: string;
  state: string;
  email: string;
  name: string | null;
  given_name: string | null;
  family_name: string | null;
  locale: string | null;
  external_id: string | null;
  notes: string | null;
  suspended_reason: string | null;
  reverification_days: number | null;
  expires_at: string | null;
  verified_at: string | null;
  undeliverable_since: string | null;
  erasure_asked_at: string | null;
  created_at: string;
  updated_at: string;
  deadline?: Deadline;
  aliases?: AliasShown[];
  look_alikes?: { address: string; sub: string }[];
  invitations?: InvitationShown[];
}

export interface Deadline {
  at: string;
  decided_by: string;
  days: number;
}

interface AliasShown {
  address: string;
  primary: boolean;
  verified_at: string | null;
  undeliverable: { since: string; refusals: number; status: string; reason: string } | null;
}

interface InvitationShown {
  id: string;
  state: string;
  client_id: string;
  email: string;
  label: string | null;
  created_at: string;
  redeem_by: string;
  access_ends_at: string | null;
  mail: { state: string; words: string | null } | null;
}
export function guestPages(): ConsolePages {
  return {
    words: {},
    routes: [
      { method: "get", path: "/guests", needs: ["searchGuests"], run: (desk) => list(desk, false) },
      { method: "post", path: "/guests", needs: ["searchGuests"], run: (desk) => list(desk, true) },
    ],
  };
}

const states: Record<string, Mood> = { active: "good", invited: "plain", suspended: "bad" };

const guestState = ({ state }: Pick<GuestShown, "state">): Html => badge(state, states[state]);

export const stateAndMarks = (guest: GuestShown): Html =>
  html`${guestState(guest)}${guest.undeliverable_since !== null && html` ${badge("mailbox refuses mail", "bad")}`}${guest.erasure_asked_at !== null && html` ${badge("asks to be erased", "wait")}`}`;

/** The fields of the list that say which guests are looked for. */
export const filterFields = ["search", "state", "due", "undeliverable", "client_id", "erasure", "ends"] as const;
export type GuestFilter = Partial<Record<(typeof filterFields)[number], string>>;

/** The moment this many days from now. Text that is not a number is left for the operation to refuse. */
export function inDays(days: string, now: number): string {
  return /^\d{1,4}$/.test(days) ? new Date(now + Number(days) * 86_400_000).toISOString() : days;
}

/** As an operation takes them. */
export function guestSearch(given: GuestFilter, now: number): object {
  const { search, state, due, undeliverable, client_id: client, erasure, ends } = given;
  return {
    ...(search ? { search } : {}),
    ...(state ? { state } : {}),
    ...(client ? { client_id: client } : {}),
    ...(due ? { due_before: inDays(due, now) } : {}),
    ...(ends ? { expires_before: inDays(ends, now) } : {}),
    ...(undeliverable ? { undeliverable: undeliverable === "true" } : {}),
    ...(erasure ? { erasure_asked: erasure === "true" } : {}),
  };
}

export function hiddenFields(fields: Record<string, string | undefined>): Html {
  return html`${Object.entries(fields).map(([name, value]) => value && html`<input type="hidden" name="${name}" value="${value}">`)}`;
}

/** A search term is part of an address or a name: it is posted, so that no URL and no log holds it. */
async function list(desk: Desk, searched: boolean): Promise<void> {
  const value = (name: string) => (searched ? desk.field(name) : desk.query(name));
  const given: GuestFilter = Object.fromEntries(filterFields.map((name) => [name, value(name)]).filter(([, each]) => each !== ""));
  const { search, state, due, undeliverable, ends } = given;
  const { search: _search, ...kept } = given;
  const chosen = chosenColumns(desk, "guests", ["sub", "email"], guestColumns(desk), kept as Record<string, string>);
  if (!chosen) return;
  const cursor = searched ? "" : desk.query("cursor");
  const wanted = guestSearch(given, desk.now);
  const { items, next } = (
    await desk.call<{ items: GuestShown[]; next: string | null }>("searchGuests", {
      body: { ...wanted, ...(cursor === "" ? {} : { cursor }), limit: 50 },
    })
  ).body;
  desk.show({
    title: "Guests",
    lead: asksWhy(desk) && desk.link("/why", "Why can't this guest get in?"),
    action: desk.allows("createInvitation") && html`<a class="button primary" href="${desk.base}/invitations/new">Invite a guest</a>`,
    body: html`${desk.form(
      "/guests",
      html`${textField("search", "Part of an address or a name", { value: search, type: "search" })}
${choiceField(
  "state",
  "State",
  [
    ["", "any"],
    ["active", "active"],
    ["invited", "invited"],
    ["suspended", "suspended"],
  ],
  { value: state },
)}
${choiceField(
  "due",
  "Next proof",
  [
    ["", "any time"],
    ["1", "within a day"],
    ["7", "within 7 days"],
    ["30", "within 30 days"],
  ],
  { value: due },
)}
${choiceField(
  "ends",
  "Record ends",
  [
    ["", "any time"],
    ["7", "within 7 days"],
    ["30", "within 30 days"],
  ],
  { value: ends },
)}
${choiceField(
  "undeliverable",
  "Mailbox",
  [
    ["", "any"],
    ["true", "refuses mail"],
    ["false", "takes mail"],
  ],
  { value: undeliverable },
)}
<button>Find</button>`,
      "bar live",
    )}
<p class="unseen" role="status" id="said"></p>${chosen.form}
<div id="results" data-found="${found(items.length, next)}">${bulkForm(desk, items, given, guestTable(desk, items, chosen, search ? "No guest is found. Part of an address or a name takes three letters; fewer are the beginning of an address." : "No guest is recorded yet. Invite one, or bring the report of what you shared."))}
${
  search
    ? next !== null && html`<p class="quiet">There are more: type more of it.</p>`
    : pager(`${desk.base}/guests`, { ...kept, ...chosen.query, ...(cursor === "" ? {} : { cursor }) }, next)
}${csvButton(desk, "guests", { ...(wanted as Record<string, string>), undeliverable, erasure_asked: given.erasure, columns: chosen.csv })}</div>`,
  });
}

function found(count: number, next: string | null): string {
  if (next !== null) return `${count} guests found, and there are more`;
  return count === 0 ? "No guest found" : `${guestsInWords(count)} found`;
}

/** The list, with what can be done to several guests of it. */
function bulkForm(desk: Desk, guests: GuestShown[], given: GuestFilter, shown: Html): Html {
  const acts = bulkActs.filter(({ operation }) => desk.allows(operation));
  const [first] = acts;
  if (!first || guests.length === 0) return shown;
  return desk.form(
    `/jobs/${first.act}`,
    html`${hiddenFields(given)}${shown}
<fieldset class="bulk"><legend>With the guests that are ticked</legend>
<label class="choice"><input type="checkbox" name="all" value="1"> or with all guests that this list finds, on every page</label>
<div class="pages">${acts.map(({ act, verb }) => html`<button formaction="${desk.base}/jobs/${act}">${verb}</button>`)}</div></fieldset>`,
  );
}

function guestColumns({ times }: Desk): Choosable<GuestShown>[] {
  return [
    { key: "name", name: "Name", csv: ["name"], extra: true, cell: ({ name }) => name },
    { key: "state", name: "State", csv: ["state", "suspended_reason", "undeliverable_since"], cell: (guest) => stateAndMarks(guest) },
    { key: "proven", name: "Mailbox proven", csv: ["verified_at"], cell: ({ verified_at: at }) => times.ago(at) ?? "never" },
    {
      key: "proof",
      name: "Next proof",
      csv: ["deadline.at", "deadline.decided_by"],
      cell: ({ deadline }) => deadline && html`${times.ago(deadline.at)}<br><small class="quiet">${ruleInWords(deadline)}</small>`,
    },
    { key: "ends", name: "Ends", csv: ["expires_at"], cell: ({ expires_at: at }) => times.ago(at) },
    { key: "recorded", name: "Recorded", csv: ["created_at"], cell: ({ created_at: at }) => times.ago(at) },
    { key: "external", name: "Their id elsewhere", csv: ["external_id"], extra: true, cell: ({ external_id: id }) => id },
    { key: "language", name: "Language", csv: ["locale"], extra: true, cell: ({ locale }) => locale },
  ];
}

function guestTable(desk: Desk, guests: GuestShown[], { columns }: ChosenColumns<GuestShown>, empty: string): Html {
  const { base } = desk;
  return table(
    guests,
    [
      ...(bulkActs.some(({ operation }) => desk.allows(operation))
        ? [
            {
              name: "",
              head: html`<label class="tick" hidden><input type="checkbox" data-all><span class="unseen">Tick all guests of this page</span></label>`,
              cell: ({ sub, email }: GuestShown) =>
                html`<label class="tick"><input type="checkbox" name="pick" value="${sub}"><span class="unseen">Tick ${email}</span></label>`,
            },
          ]
        : []),
      {
        name: "Guest",
        cell: (guest) =>
          html`<a href="${base}/guests/${guest.sub}">${guest.email}</a>${guest.name !== null && html`<br><span class="quiet">${guest.name}</span>`}`,
      },
      ...columns,
    ],
    { caption: "Guests", empty },
  );
}

export const asksWhy = (desk: Desk): boolean => desk.allows("explainAccess", "listApplications");
