import { type Html, html } from "../../http/html.ts";
import type { ConsolePages, Desk } from "../desk.ts";
import { barChart } from "../views/parts.ts";

/** What needs a person, each with the list that shows it. */
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
      what: "suspended guests",
      path: "/guests?state=suspended",
      load: async () => (await desk.call<Items>("listGuests", { query: { state: "suspended", limit: 100 } })).body,
    },
    {
      needs: "listMail",
      what: "mails that are parked: refused or too old",
      path: "/mail?state=parked",
      load: async () => (await desk.call<Items>("listMail", { query: { state: "parked", limit: 100 } })).body,
    },
    {
      needs: "listInvitations",
      what: "invitations whose mail was refused or came back",
      path: "/invitations?mail=bounced",
      load: async () => (await desk.call<Items>("listInvitations", { query: { mail: "bounced", limit: 100 } })).body,
    },
    {
      needs: "listLogouts",
      what: "sign-outs that applications did not take",
      path: "/applications/logouts",
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
${await signIns(desk)}`,
  });
}

/** Of 30 days. */
async function signIns(desk: Desk): Promise<Html | false> {
  if (!desk.allows("readStatistics")) return false;
  const { days } = (await desk.call<{ days: { day: string; sign_ins: number; codes: number }[] }>("readStatistics")).body;
  const bars = days.map(({ day, sign_ins, codes }) => ({ label: day, value: sign_ins, second: codes }));
  return barChart("Sign-ins and codes of 30 days (UTC)", bars, { first: "Sign-ins", second: "Codes asked for" });
}
