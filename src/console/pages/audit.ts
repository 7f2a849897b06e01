// Who did what to whom.
import { type Html, html } from "../../http/html.ts";
import type { ConsolePages, Desk } from "../desk.ts";
import { auditSentence } from "../views/audit-sentence.ts";
import { pager, table, textField } from "../views/parts.ts";
import { applicationNames } from "./application-names.ts";
import { csvButton } from "./exports.ts";

export interface AuditShown {
  id: string;
  at: string;
  action: string;
  actor: string;
  channel: string;
  network: string | null;
  client_id: string | null;
  sub: string | null;
  guest: { email: string; name: string | null } | null;
  details: Record<string, unknown>;
  personal: Record<string, unknown> | null;
}

export function auditPages(): ConsolePages {
  return {
    words: {},
    routes: [
      { method: "get", path: "/audit", needs: ["listAudit"], run: list },
      { method: "post", path: "/audit/verify", needs: ["verifyAudit"], run: verify },
    ],
  };
}

const filters = ["sub", "client_id", "action", "actor", "since", "until"] as const;

async function list(desk: Desk): Promise<void> {
  const given = desk.queries(...filters, "cursor");
  const { items, next } = (await desk.call<{ items: AuditShown[]; next: string | null }>("listAudit", { query: { limit: 50, ...given } }))
    .body;
  const field = (name: (typeof filters)[number], label: string, help?: string) =>
    textField(name, label, { value: given[name], ...(help === undefined ? { type: "date" } : { help }) });
  desk.show({
    title: "Audit trail",
    lead: "Who did what, when and from where. Nobody can change it unseen.",
    action: desk.button("/audit/verify", "Verify the trail", { kind: "" }),
    body: html`<form method="get" class="bar" action="${desk.base}/audit">
${field("action", "What", "guest.suspended, invitation.created …")}${field("actor", "Who", "administrator:ID, application:ID, operator")}
${field("sub", "Guest", "The identifier (sub)")}${field("client_id", "Application", "Its client id")}
${field("since", "From")}${field("until", "Before")}<button>Find</button></form>
${await auditTable(desk, items)}${pager(`${desk.base}/audit`, given as Record<string, string>, next)}${csvButton(desk, "audit", given)}`,
  });
}

/** Administrators by the name of the actor, for those who may see them. */
export async function actorNames(desk: Desk): Promise<Map<string, string>> {
  if (!desk.allows("listAdministrators")) return new Map();
  const { items } = (await desk.call<{ items: { id: string; email: string; name: string | null }[] }>("listAdministrators")).body;
  return new Map(items.map(({ id, email, name }) => [`administrator:${id}`, name ?? email]));
}

export async function auditTable(desk: Desk, entries: AuditShown[]): Promise<Html> {
  const [people, applications] = [await actorNames(desk), await applicationNames(desk)];
  const who = ({ actor, sub }: AuditShown) => {
    if (actor === `guest:${sub}`) return "the guest";
    const client = /^application:(.*)$/s.exec(actor)?.[1];
    return client === undefined ? (people.get(actor) ?? actor) : applications.name(client);
  };
  return table(
    entries,
    [
      { name: "When", cell: ({ at }) => desk.times.at(at) },
      {
        name: "What",
        cell: (entry) => html`${auditSentence(entry)}<br><small class="quiet">${entry.action}</small>${detailsOf(entry)}`,
      },
      { name: "Guest", cell: ({ sub, guest }) => sub !== null && desk.link(`/guests/${sub}`, guest?.email ?? `${sub.slice(0, 8)}…`) },
      { name: "Application", cell: ({ client_id: client }) => client !== null && applications.name(client) },
      {
        name: "Who",
        cell: (entry) =>
          html`${desk.link(`/audit?actor=${encodeURIComponent(entry.actor)}`, who(entry))}<br><small class="quiet">${entry.channel}</small>`,
      },
      { name: "Network", cell: ({ network }) => network },
    ],
    { caption: "Audit trail", empty: html`Nothing is found. ${desk.allows("listAudit") && desk.link("/audit", "Show the whole trail.")}` },
  );
}

function detailsOf({ details, personal }: AuditShown): Html | false {
  const all = { ...details, ...personal };
  return (
    Object.keys(all).length > 0 &&
    html`<details class="more"><summary>Details</summary><pre>${JSON.stringify(all, null, 2).slice(0, 2000)}</pre></details>`
  );
}

async function verify(desk: Desk): Promise<void> {
  const { body } = await desk.call<{ outcome: string; rows?: number; head?: string; position?: number; why?: string }>("verifyAudit");
  desk.show({
    title: "Audit trail",
    body:
      body.outcome === "intact"
        ? html`<p class="note good" role="status">Intact: ${body.rows} rows. Keep the number and this hash elsewhere, to tell a trail that was put back: <code>${body.head}</code></p><p>${desk.link("/audit", "Back to the trail")}</p>`
        : html`<p class="note bad" role="alert">Broken at row ${body.position}: ${body.why}. Do not change the database; look at it with whoever runs the server.</p><p>${desk.link("/audit", "Back to the trail")}</p>`,
  });
}
