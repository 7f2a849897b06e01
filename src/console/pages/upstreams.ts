// Partners' OpenID providers, where guests may sign in.
import { type Html, html } from "../../http/html.ts";
import { type ConsolePages, type Desk, type Wrong, wrongNote, wrongOf } from "../desk.ts";
import { badge, choiceField, facts, type Mood, severalDomains, table, textField } from "../views/parts.ts";

interface UpstreamShown {
  id: string;
  issuer: string;
  tenant: string | null;
  label: string;
  client_id: string;
  domains: string[];
  first_for: string[];
  grade: string;
  redirect_uri: string;
  backchannel_logout_uri: string;
  domain_records: DomainRecord[];
  created_at: string;
}

interface DomainRecord {
  domain: string;
  name: string;
  value: string;
  state: string;
  confirmed: boolean;
  found_since: string | null;
  last_found_at: string | null;
  checked_at: string | null;
}

const gradeChoices: [string, string][] = [
  ["proves-the-mailbox", "proves the mailbox: counts as a code, where the provider speaks for the address"],
  ["proves-the-person", "proves the person: signs in between two codes"],
  ["off", "off: is offered to nobody"],
];
const moods: Record<string, Mood> = { "proves-the-mailbox": "good", off: "wait" };
const fields = ["id", "label", "issuer", "client_id", "domains", "first_for", "grade"] as const;
type Typed = Partial<Record<(typeof fields)[number], string>>;

export function upstreamPages(): ConsolePages {
  return {
    words: {
      "upstream-added": "Registered. Enter its redirect URI at the provider.",
      "upstream-changed": "Changed. It holds from the next sign-in on.",
      "upstream-checked": "Looked up.",
      "upstream-removed": "Removed. Guests sign in with a code.",
    },
    routes: [
      { method: "get", path: "/upstreams", needs: ["listUpstreams"], run: (desk) => list(desk) },
      { method: "post", path: "/upstreams", needs: ["listUpstreams", "createUpstream"], confirmed: true, run: add },
      { method: "get", path: "/upstreams/:id", needs: ["readUpstream"], run: (desk) => show(desk) },
      { method: "post", path: "/upstreams/:id", needs: ["readUpstream", "updateUpstream"], confirmed: true, run: change },
      {
        method: "post",
        path: "/upstreams/:id/check",
        needs: ["checkUpstreamDomains"],
        run: async (desk) => {
          await desk.call("checkUpstreamDomains", { params: { id: desk.param("id") } });
          desk.go(`/upstreams/${encodeURIComponent(desk.param("id"))}`, "upstream-checked");
        },
      },
      {
        method: "post",
        path: "/upstreams/:id/remove",
        needs: ["removeUpstream"],
        confirmed: true,
        run: async (desk) => {
          await desk.call("removeUpstream", { params: { id: desk.param("id") } });
          desk.go("/upstreams", "upstream-removed");
        },
      },
    ],
  };
}

async function list(desk: Desk, typed: Typed = {}, wrong?: Wrong): Promise<void> {
  const { items } = (await desk.call<{ items: UpstreamShown[] }>("listUpstreams")).body;
  const field = (name: keyof Typed, label: string, options: Parameters<typeof textField>[2] = {}) =>
    textField(name, label, { value: typed[name], wrong: wrong?.fields[name], required: true, ...options });
  desk.show(
    {
      title: "Providers",
      lead: "OpenID providers of partners, where guests may sign in beside the emailed code. Each is offered for addresses at its domains.",
      invalid: wrong !== undefined,
      body: html`${wrongNote(wrong)}${table(
        items,
        [
          {
            name: "Provider",
            cell: ({ id, label }) => html`${desk.link(`/upstreams/${id}`, label)}<br><span class="quiet">${id}</span>`,
          },
          { name: "A sign-in there", cell: ({ grade }) => badge(grade.replaceAll("-", " "), moods[grade]) },
          { name: "Domains", cell: ({ domains: bound }) => bound.join(", ") },
          { name: "Issuer", cell: ({ issuer }) => issuer },
        ],
        { caption: "Providers", empty: "None: guests sign in with a code." },
      )}
${
  desk.allows("createUpstream") &&
  desk.form(
    "/upstreams",
    html`<h2>Register a provider</h2>
${field("id", "Short name", { help: "Such as partner. It stands in the redirect URI." })}
${field("label", "Label", { help: "What guests read: Continue with …" })}
${field("issuer", "Issuer", { type: "url", help: "As the provider's discovery document has it. It cannot be changed later." })}
${field("client_id", "Client id")}
${textField("client_secret", "Client secret", { type: "password", required: true, wrong: wrong?.fields["client_secret"], autocomplete: "new-password" })}
${field("domains", "Domains", { rows: 3, help: "One a line. List only domains whose accounts this provider manages: whoever runs it can sign in as any guest there." })}
${textField("first_for", "First for", { rows: 2, value: typed.first_for, wrong: wrong?.fields["first_for"], help: "Domains where it comes before other providers. May be empty." })}
${choiceField("grade", "A sign-in there", gradeChoices, { value: typed.grade ?? "proves-the-person", wrong: wrong?.fields["grade"] })}
<button class="primary">Register</button>`,
    "card",
  )
}`,
    },
    wrong === undefined ? 200 : 422,
  );
}

async function add(desk: Desk): Promise<void> {
  const typed: Typed = Object.fromEntries(fields.map((name) => [name, desk.field(name)]));
  try {
    await desk.call("createUpstream", {
      body: { ...typed, ...listsIn(typed), client_secret: desk.field("client_secret") },
    });
  } catch (error) {
    return list(desk, typed, wrongOf(error));
  }
  desk.go(`/upstreams/${encodeURIComponent(typed.id ?? "")}`, "upstream-added");
}

async function show(desk: Desk, typed: Typed = {}, wrong?: Wrong): Promise<void> {
  const { body } = await desk.call<UpstreamShown>("readUpstream", { params: { id: desk.param("id") } });
  const { id, label, issuer, tenant, client_id: clientId, domains: bound, grade, redirect_uri: redirectUri, created_at: at } = body;
  desk.show(
    {
      title: label,
      lead: html`${badge(grade.replaceAll("-", " "), moods[grade])}`,
      invalid: wrong !== undefined,
      body: html`${wrongNote(wrong)}<section class="card"><h2>Facts</h2>${facts([
        ["Redirect URI", html`<code>${redirectUri}</code>`],
        ["Back-channel logout URI", html`<code>${body.backchannel_logout_uri}</code>`],
        ["Issuer", issuer],
        ["Tenant", tenant],
        ["Client id", clientId],
        ["Domains", bound.join(", ")],
        ["Registered", desk.times.ago(at)],
      ])}</section>
${grade === "proves-the-mailbox" && body.domain_records.length > 0 && confirmations(desk, body)}
${
  desk.allows("updateUpstream") &&
  desk.form(
    `/upstreams/${id}`,
    html`<h2>Settings</h2>
${textField("domains", "Domains", { rows: 3, required: true, value: typed.domains ?? bound.join("\n"), wrong: wrong?.fields["domains"] })}
${textField("first_for", "First for", { rows: 2, value: typed.first_for ?? body.first_for.join("\n"), wrong: wrong?.fields["first_for"], help: "Domains where it comes before other providers." })}
${choiceField("grade", "A sign-in there", gradeChoices, { value: typed.grade ?? grade, wrong: wrong?.fields["grade"] })}
<button class="primary">Save</button>`,
    "card",
  )
}
${
  desk.allows("removeUpstream") &&
  html`<section class="card"><h2>Remove it</h2><p>Guests then sign in with a code, and their accounts there are deleted. Sessions go on.</p>
${desk.button(`/upstreams/${id}/remove`, "Remove", { kind: "danger" })}</section>`
}`,
    },
    wrong === undefined ? 200 : 422,
  );
}

function confirmations(desk: Desk, { id, domain_records: records }: UpstreamShown): Html {
  return html`<section class="card"><h2>Confirmed by DNS</h2>
<p>The owner of each domain confirms the provider with a TXT record. Until it is found, a sign-in there proves no mailbox at that domain.</p>
${table(
  records,
  [
    { name: "Domain", cell: ({ domain }) => domain },
    { name: "State", cell: (each) => stateOf(desk, each) },
    { name: "TXT record", cell: ({ name, value }) => html`<code>${name}</code><br><code>${value}</code>` },
  ],
  { caption: "Records", empty: "" },
)}
${desk.allows("checkUpstreamDomains") && desk.button(`/upstreams/${id}/check`, "Check now")}</section>`;
}

function stateOf(desk: Desk, { state, confirmed, found_since: since, last_found_at: last }: DomainRecord): Html {
  if (state === "found") return html`${badge("confirmed", "good")}<br><span class="quiet">since ${desk.times.ago(since ?? "")}</span>`;
  const words: Record<string, string> = { missing: "not found", unreachable: "DNS did not answer", unchecked: "not looked up yet" };
  return html`${badge(words[state] ?? state, "wait")}${
    last !== null &&
    html`<br><span class="quiet">last found ${desk.times.ago(last)}: ${confirmed ? "counts for 3 days from then" : "no longer counts"}</span>`
  }`;
}

async function change(desk: Desk): Promise<void> {
  const typed: Typed = { domains: desk.field("domains"), first_for: desk.field("first_for"), grade: desk.field("grade") };
  const params = { id: desk.param("id") };
  try {
    await desk.call("updateUpstream", { params, body: { ...listsIn(typed), grade: typed.grade } });
  } catch (error) {
    return show(desk, typed, wrongOf(error));
  }
  desk.go(`/upstreams/${params.id}`, "upstream-changed");
}

function listsIn(typed: Typed) {
  return { domains: severalDomains(typed.domains), first_for: severalDomains(typed.first_for) };
}
