// One guest: everything known about them, and what can be done.
import { type Html, html } from "../../http/html.ts";
import type { ConsolePages, Desk } from "../desk.ts";
import { badge, facts, type Mood, type Part, pager, table, textField } from "../views/parts.ts";
import { ruleInWords } from "../views/rules.ts";
import { applicationNames } from "./application-names.ts";
import { type AuditShown, auditTable } from "./audit.ts";
import { csvButton } from "./exports.ts";
import { asksWhy, type Deadline, type GuestShown, stateAndMarks } from "./guests.ts";

interface SessionShown {
  id: string;
  device: string | null;
  since: string;
  applications: { client_id: string; deadline: Deadline | null }[];
}

interface PasskeyShown {
  id: string;
  email: string;
  device: string | null;
  created_at: string;
  last_used_at: string | null;
}

interface AccountShown {
  id: string;
  label: string;
  email: string;
  created_at: string;
  last_used_at: string | null;
}
export function oneGuestPages(): ConsolePages {
  return {
    words: {},
    routes: [
      { method: "get", path: "/guests/:sub", needs: ["readGuest"], run: overview },
      {
        method: "get",
        path: "/guests/:sub/sessions",
        needs: ["readGuest", "listSessions", "listPasskeys", "listUpstreamAccounts"],
        run: sessions,
      },
      { method: "get", path: "/guests/:sub/history", needs: ["readGuest", "listAudit"], run: history },
      { method: "get", path: "/guests/:sub/edit", needs: ["readGuest", "updateGuest"], run: (desk) => edit(desk) },
    ],
  };
}

async function read(desk: Desk): Promise<GuestShown> {
  return (await desk.call<GuestShown>("readGuest", { params: { sub: desk.param("sub") } })).body;
}

/** The frame of every tab of one guest: who it is, the state, and the most wanted actions. */
function showGuest(desk: Desk, guest: GuestShown, here: "" | "/sessions" | "/history" | "/edit", body: Part): void {
  const path = `/guests/${guest.sub}`;
  const tabs: [typeof here, string, string][] = [
    ["", "Guest", "readGuest"],
    ["/sessions", "Sessions", "listSessions"],
    ["/history", "History", "listAudit"],
    ["/edit", "Change", "updateGuest"],
  ];
  desk.show({
    title: guest.name ?? guest.email,
    lead: html`${guest.name !== null && html`${guest.email} `}${stateAndMarks(guest)}`,
    action: html`<div class="pages">${
      desk.allows("endSessions") && desk.button(`${path}/sign-out`, "Sign out everywhere")
    }${desk.allows("createInvitation") && html`<a class="button" href="${desk.base}/invitations/new?sub=${guest.sub}">Invite</a>`}${
      desk.allows("suspendGuest") &&
      (guest.state === "suspended"
        ? desk.button(`${path}/resume`, "Let in again")
        : html`<a class="button danger" href="${desk.base}${path}/suspend">Suspend</a>`)
    }</div>`,
    body: html`<ul class="tabs">${tabs
      .filter(([, , needs]) => desk.allows(needs))
      .map(
        ([tab, name]) => html`<li><a href="${desk.base}${path}${tab}"${tab === here && html` aria-current="page"`}>${name}</a></li>`,
      )}</ul>
${guest.suspended_reason !== null && html`<p class="note bad">Suspended: ${guest.suspended_reason}</p>`}
${
  guest.erasure_asked_at !== null &&
  html`<div class="note wait"><p>The guest asked to be erased on ${desk.times.at(guest.erasure_asked_at)}.</p>${
    desk.allows("eraseGuest", "declineErasure") &&
    html`<div class="pages"><a class="button danger" href="${desk.base}${path}/erase">Erase the guest</a><a class="button" href="${desk.base}${path}/decline-erasure">Decline</a></div>`
  }</div>`
}
${body}`,
  });
}

async function overview(desk: Desk): Promise<void> {
  const guest = await read(desk);
  const { base, times } = desk;
  const access = await accessOf(desk, guest);
  const { name: application } = await applicationNames(desk);
  const path = `/guests/${guest.sub}`;
  const aliases = guest.aliases ?? [];
  showGuest(
    desk,
    guest,
    "",
    html`<section><h2>Addresses</h2>
${table(
  aliases,
  [
    { name: "Address", cell: ({ address, primary }) => html`${address} ${primary && badge("primary")}` },
    { name: "Mailbox proven", cell: ({ verified_at: at }) => times.ago(at) ?? "never" },
    {
      name: "Mail",
      cell: ({ undeliverable }) =>
        undeliverable
          ? html`${badge("refuses mail", "bad")} since ${times.at(undeliverable.since)}: ${undeliverable.reason}`
          : badge("takes mail", "good"),
    },
    {
      name: "",
      acts: true,
      cell: ({ address, primary }) =>
        desk.allows("addAlias") &&
        !primary &&
        html`${desk.button(`${path}/aliases/primary`, "Make primary", { fields: { email: address } })} ${desk.button(`${path}/aliases/remove`, "Remove", { fields: { email: address } })}`,
    },
  ],
  { caption: "Addresses", empty: "None: add the first address below." },
)}${aliases.length > 0 && csvButton(desk, "addresses", { sub: guest.sub }, "Addresses as CSV")}
${
  desk.allows("addAlias") &&
  html`<details><summary>Add an address</summary>${desk.form(
    `${path}/aliases`,
    html`${textField("email", "Address", { type: "email", required: true, help: "Another address of the same person. The others are told." })}<button>Add it</button>`,
  )}</details>`
}
${(guest.look_alikes ?? []).length > 0 && html`<div class="note wait"><p>These guests have addresses that differ by a plus sign alone. They may be the same person:</p><ul>${(guest.look_alikes ?? []).map(({ address, sub }) => html`<li>${desk.link(`/guests/${sub}`, address)}</li>`)}</ul></div>`}
</section>
<section><h2>What the guest gets into</h2>
${accessTable(desk, access, guest.sub, application)}${asksWhy(desk) && html`<p>${desk.link(`/why?sub=${guest.sub}`, "Why can't this guest get in?")}</p>`}</section>
<section><h2>Invitations</h2>
${table(
  guest.invitations ?? [],
  [
    {
      name: "To",
      cell: ({ id, client_id: client, label }) => html`<a href="${base}/invitations/${id}">${label ?? application(client)}</a>`,
    },
    { name: "State", cell: ({ state }) => badge(state, state === "redeemed" ? "good" : state === "pending" ? "wait" : "plain") },
    {
      name: "Mail",
      cell: ({ mail }) => mail && html`${mail.state}${mail.words !== null && html`<br><small class="quiet">${mail.words}</small>`}`,
    },
    { name: "Invited", cell: ({ created_at: at }) => times.ago(at) },
    { name: "Access ends", cell: ({ access_ends_at: at }) => times.ago(at) ?? "never" },
  ],
  { caption: "Invitations", empty: "None: the guest signs in only where an application admits anyone." },
)}${(guest.invitations ?? []).length > 0 && desk.allows("listInvitations") && csvButton(desk, "invitations", { sub: guest.sub }, "Invitations as CSV")}</section>
<section class="card"><h2>Facts</h2>${facts([
      ["Identifier (sub)", html`<code>${guest.sub}</code>`],
      ["Name", guest.name],
      ["Given name", guest.given_name],
      ["Family name", guest.family_name],
      ["Language", guest.locale],
      ["In your directory", guest.external_id],
      ["Proves the mailbox every", guest.reverification_days !== null && `${guest.reverification_days} days (a rule of this guest's own)`],
      ["Record ends", times.at(guest.expires_at)],
      ["Recorded", times.at(guest.created_at)],
      ["Changed", times.at(guest.updated_at)],
      ["Notes", guest.notes],
    ])}</section>
${desk.allows("mergeGuest") && html`<p>${desk.link(`${path}/merge`, "Merge with another guest")} · ${desk.link(`${path}/erase`, "Erase")}</p>`}`,
  );
}

interface Access {
  client: string;
  outcome: string;
  deadline: Deadline | null;
}

/** At the applications to which the guest is, or was, invited. */
async function accessOf(desk: Desk, { sub, invitations = [] }: GuestShown): Promise<Access[]> {
  if (!desk.allows("explainPolicy")) return [];
  const clients = [...new Set(invitations.map(({ client_id: client }) => client))];
  return Promise.all(
    clients.map(async (client) => {
      const { body } = await desk.call<Omit<Access, "client">>("explainPolicy", { query: { sub, client_id: client } });
      return { client, ...body };
    }),
  );
}

const outcomes: Record<string, [word: string, mood: Mood]> = {
  admitted: ["gets in", "good"],
  due: ["has to prove the mailbox first", "wait"],
  refused: ["does not get in", "bad"],
};

function accessTable(desk: Desk, access: Access[], sub: string, application: (clientId: string) => string): Html {
  return table(
    access,
    [
      { name: "Application", cell: ({ client }) => application(client) },
      { name: "Access", cell: ({ outcome }) => badge(...(outcomes[outcome] ?? [outcome, "plain"])) },
      {
        name: "Next proof",
        cell: ({ deadline }) => deadline && html`${desk.times.ago(deadline.at)} <small class="quiet">${ruleInWords(deadline)}</small>`,
      },
      {
        name: "",
        acts: true,
        cell: ({ client }) =>
          asksWhy(desk) &&
          desk.link(
            `/why?${new URLSearchParams({ sub, client_id: client })}`,
            html`Why<span class="unseen"> ${application(client)}</span>?`,
          ),
      },
    ],
    { caption: "Applications", empty: "The guest is invited to no application." },
  );
}

async function sessions(desk: Desk): Promise<void> {
  const guest = await read(desk);
  const { items } = (await desk.call<{ items: SessionShown[] }>("listSessions", { params: { sub: guest.sub } })).body;
  const { name: application } = await applicationNames(desk);
  const passkeys = (await desk.call<{ items: PasskeyShown[] }>("listPasskeys", { params: { sub: guest.sub } })).body.items;
  const accounts = (await desk.call<{ items: AccountShown[] }>("listUpstreamAccounts", { params: { sub: guest.sub } })).body.items;
  showGuest(
    desk,
    guest,
    "/sessions",
    html`${table(
      items,
      [
        { name: "Browser", cell: ({ device }) => device ?? "unknown" },
        { name: "Signed in", cell: ({ since }) => desk.times.ago(since) },
        {
          name: "Applications",
          cell: ({ applications }) =>
            html`${applications.map(({ client_id: client, deadline }) => html`${application(client)}${deadline && html` <small class="quiet">until ${desk.times.at(deadline.at)}, ${ruleInWords(deadline)}</small>`}<br>`)}`,
        },
        {
          name: "",
          acts: true,
          cell: ({ id }) => desk.allows("endSession") && desk.button(`/guests/${guest.sub}/sessions/end`, "End", { fields: { id } }),
        },
      ],
      { caption: "Sessions", empty: "The guest is signed in nowhere." },
    )}${items.length > 0 && csvButton(desk, "sessions", { sub: guest.sub }, "Sessions as CSV")}
<section><h2>Passkeys</h2><p class="quiet">They sign in between two codes, and prove no mailbox.</p>
${table(
  passkeys,
  [
    { name: "Made in", cell: ({ device }) => device ?? "unknown" },
    { name: "Mailbox", cell: ({ email }) => email },
    { name: "Made", cell: ({ created_at: at }) => desk.times.ago(at) },
    { name: "Last used", cell: ({ last_used_at: at }) => desk.times.ago(at) ?? "never" },
    {
      name: "",
      acts: true,
      cell: ({ id }) => desk.allows("removePasskey") && desk.button(`/guests/${guest.sub}/passkeys/remove`, "Remove", { fields: { id } }),
    },
  ],
  { caption: "Passkeys", empty: "The guest has none." },
)}${passkeys.length > 0 && csvButton(desk, "passkeys", { sub: guest.sub }, "Passkeys as CSV")}</section>
<section><h2>Accounts at providers</h2><p class="quiet">With these the guest signed in at a partner's provider.</p>
${table(
  accounts,
  [
    { name: "Provider", cell: ({ label }) => label },
    { name: "Mailbox", cell: ({ email }) => email },
    { name: "Linked", cell: ({ created_at: at }) => desk.times.ago(at) },
    { name: "Last used", cell: ({ last_used_at: at }) => desk.times.ago(at) ?? "never" },
    {
      name: "",
      acts: true,
      cell: ({ id }) =>
        desk.allows("removeUpstreamAccount") && desk.button(`/guests/${guest.sub}/upstream-accounts/remove`, "Remove", { fields: { id } }),
    },
  ],
  { caption: "Accounts at providers", empty: "The guest has none." },
)}</section>`,
  );
}

async function history(desk: Desk): Promise<void> {
  const guest = await read(desk);
  const cursor = desk.query("cursor");
  const { items, next } = (
    await desk.call<{ items: AuditShown[]; next: string | null }>("listAudit", {
      query: { sub: guest.sub, limit: 50, ...(cursor === "" ? {} : { cursor }) },
    })
  ).body;
  showGuest(
    desk,
    guest,
    "/history",
    html`${await auditTable(desk, items)}${pager(`${desk.base}/guests/${guest.sub}/history`, cursor === "" ? {} : { cursor }, next)}${items.length > 0 && csvButton(desk, "audit", { sub: guest.sub })}`,
  );
}

/** @param typed what was typed, if it was refused */
export async function edit(
  desk: Desk,
  typed?: Record<string, string>,
  fields: Record<string, string> = {},
  note: Part = false,
): Promise<void> {
  const { body, version } = await desk.call<GuestShown>("readGuest", { params: { sub: desk.param("sub") } });
  const value = (name: keyof GuestShown) => typed?.[name] ?? String(body[name] ?? "");
  const field = (name: keyof GuestShown & string, label: string, options: Parameters<typeof textField>[2] = {}) =>
    textField(name, label, { value: value(name), wrong: fields[name], ...options });
  showGuest(
    desk,
    body,
    "/edit",
    html`${note}${desk.form(
      `/guests/${body.sub}/edit`,
      html`<input type="hidden" name="version" value="${typed?.["version"] ?? version}">
${field("name", "Name")}${field("given_name", "Given name")}${field("family_name", "Family name")}
${field("locale", "Language", { help: "Such as de or pt-BR: mails are in it where there is a translation." })}
${field("external_id", "Identifier in your own directory")}
${field("reverification_days", "Proves the mailbox again every … days", { type: "number", help: "Empty: the rules of the application and of the organisation. The strictest rule wins." })}
${field("expires_at", "Record ends on", { help: "A date such as 2027-06-30. From then on the guest is shut out. Empty: never." })}
${field("notes", "Notes", { rows: 4, help: "For administrators only." })}
<button class="primary">Save</button>`,
      "card",
    )}`,
  );
}
