import { type Html, html } from "../../http/html.ts";
import type { ConsolePages, Desk } from "../desk.ts";
import { badge, barChart, table } from "../views/parts.ts";

/** What needs somebody's attention, each with the list that shows it. */
export function overviewPages(): ConsolePages {
  return { words: {}, routes: [{ method: "get", path: "/", needs: ["listGuests"], run: show }] };
}

interface Items {
  items: unknown[];
  next: string | null;
}

/** How many there are; "100+" where there are more than a page shows. */
function counted({ items, next }: Items): string {
  return next === null ? String(items.length) : `${items.length}+`;
}

async function show(desk: Desk): Promise<void> {
  const soon = new Date(desk.now + 7 * 86_400_000).toISOString();
  const looks: { needs: string; what: string; path: string; load(): Promise<Items> }[] = [
    {
      needs: "listGuests",
      what: "guests who ask to be erased",
      path: "/guests?erasure=true",
      load: async () => (await desk.call<Items>("listGuests", { query: { erasure_asked: "true", limit: 100 } })).body,
    },
    {
      needs: "listGuests",
      what: "guests with a mailbox that refuses mail",
      path: "/guests?undeliverable=true",
      load: async () => (await desk.call<Items>("listGuests", { query: { undeliverable: "true", limit: 100 } })).body,
    },
    {
      needs: "listGuests",
      what: "guests due for a new proof within 7 days",
      path: "/guests?due=7",
      load: async () => (await desk.call<Items>("listGuests", { query: { due_before: soon, limit: 100 } })).body,
    },
    {
      needs: "listGuests",
      what: "guests whose record ends within 7 days",
      path: "/guests?ends=7",
      load: async () => (await desk.call<Items>("listGuests", { query: { expires_before: soon, limit: 100 } })).body,
    },
    {
      needs: "listInvitations",
      what: "invitations that end within 7 days",
      path: "/invitations?ends=7",
      load: async () => (await desk.call<Items>("listInvitations", { query: { ends_before: soon, limit: 100 } })).body,
    },
    {
      needs: "listJobs",
      what: "jobs on many guests that are under way",
      path: "/jobs?state=running",
      load: async () => (await desk.call<Items>("listJobs", { query: { state: "running", limit: 100 } })).body,
    },
    {
      needs: "listMail",
      what: "mails that are parked: refused or too old",
      path: "/mail?state=parked",
      load: async () => (await desk.call<Items>("listMail", { query: { state: "parked", limit: 100 } })).body,
    },
    {
      needs: "listInvitations",
      what: "invitations whose mail came back",
      path: "/invitations?mail=bounced",
      load: async () => (await desk.call<Items>("listInvitations", { query: { mail: "bounced", limit: 100 } })).body,
    },
    {
      needs: "listLogouts",
      what: "sign-outs that applications did not take",
      path: "/applications/logouts?state=given-up",
      load: async () => (await desk.call<Items>("listLogouts", { query: { state: "given-up", limit: 100 } })).body,
    },
  ];
  const found = await Promise.all(
    looks.filter(({ needs }) => desk.allows(needs)).map(async (look) => ({ ...look, page: await look.load() })),
  );
  const waiting = found.filter(({ page }) => page.items.length > 0);
  desk.show({
    title: "Overview",
    lead: waiting.length === 0 ? "Nothing waits for you." : "What waits for somebody.",
    action: desk.allows("createInvitation") && html`<a class="button primary" href="${desk.base}/invitations/new">Invite a guest</a>`,
    body: html`<div class="grid">${waiting.map(
      ({ what, path, page }) =>
        html`<section class="card"><p class="number-large">${counted(page)}</p><p>${desk.link(path, what)}</p></section>`,
    )}</div>
${await statistics(desk)}${await keys(desk)}`,
  });
}

interface Statistics {
  days: { day: string; sign_ins: number; codes: number }[];
  guests: Record<"invited" | "active" | "suspended", number>;
  deliveries: { within_seconds: number | null; mails: number }[];
}

async function statistics(desk: Desk): Promise<Html | false> {
  if (!desk.allows("readStatistics")) return false;
  const { days, guests, deliveries } = (await desk.call<Statistics>("readStatistics")).body;
  const bars = days.map(({ day, sign_ins, codes }) => ({ label: day, value: sign_ins, second: codes }));
  return html`<section><h2>Guests</h2><div class="grid small">${(["active", "invited", "suspended"] as const).map(
    (state) =>
      html`<section class="card"><p class="number-large">${guests[state].toLocaleString("en")}</p><p>${desk.link(`/guests?state=${state}`, state)}</p></section>`,
  )}</div></section>
${barChart("Sign-ins and codes of 30 days (UTC)", bars, { first: "Sign-ins", second: "Codes asked for" })}
${barChart(
  "How long mail took in the last 24 hours",
  deliveries.map(({ within_seconds: seconds, mails }) => ({ label: stepInWords(seconds), value: mails })),
  { first: "Mails" },
)}`;
}

function stepInWords(seconds: number | null): string {
  if (seconds === null) return "longer";
  return seconds < 60 ? `within ${seconds} s` : `within ${seconds / 60} min`;
}

interface KeyShown {
  kid: string;
  alg: string;
  state: string;
  since: string;
}

async function keys(desk: Desk): Promise<Html | false> {
  if (!desk.allows("listSigningKeys")) return false;
  const { items } = (await desk.call<{ items: KeyShown[] }>("listSigningKeys")).body;
  return html`<section><h2>${desk.link("/keys", "Signing keys")}</h2>${table(
    items,
    [
      { name: "Key", cell: ({ kid }) => html`<code>${kid.slice(0, 8)}…</code>` },
      { name: "Algorithm", cell: ({ alg }) => alg },
      { name: "State", cell: ({ state }) => badge(state, state === "current" ? "good" : "plain") },
      { name: "Since", cell: ({ since }) => desk.times.ago(since) },
    ],
    { caption: "Signing keys", empty: "There is none." },
  )}</section>`;
}
