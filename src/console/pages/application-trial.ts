// Trying a sign-in at an application: what the guest sees, and the claims that would go to it.
import { type Html, html } from "../../http/html.ts";
import type { ConsolePages, Desk } from "../desk.ts";
import { table } from "../views/parts.ts";
import { applicationNames } from "./application-names.ts";
import { type AuditShown, auditTable } from "./audit.ts";

interface TrialShown {
  outcome: "signed-in" | "refused" | "not-begun-here" | "over";
  sentence: string;
  error: string | null;
  sub: string | null;
  email: string | null;
  id_token: Record<string, unknown> | null;
  userinfo: Record<string, unknown> | null;
}

/** What happened at the application lately is shown beside it. */
const lately = 15 * 60_000;

export function applicationTrialPages(): ConsolePages {
  const params = (desk: Desk) => ({ client_id: desk.param("client_id") });
  return {
    words: {},
    routes: [
      { method: "get", path: "/applications/:client_id/try", needs: ["beginTrial", "finishTrial"], run: explain },
      {
        method: "post",
        path: "/applications/:client_id/try",
        needs: ["beginTrial", "finishTrial"],
        run: async (desk) => {
          const { body } = await desk.call<{ url: string }>("beginTrial", { params: params(desk) });
          desk.ctx.status = 303;
          desk.ctx.redirect(body.url);
        },
      },
      {
        method: "get",
        path: "/applications/:client_id/try/answer",
        needs: ["finishTrial"],
        run: async (desk) => {
          const answer = desk.ctx.querystring.slice(0, 4000);
          await answered(desk, (await desk.call<TrialShown>("finishTrial", { params: params(desk), body: { answer } })).body);
        },
      },
    ],
  };
}

const pathOf = (desk: Desk) => `/applications/${encodeURIComponent(desk.param("client_id"))}`;

async function explain(desk: Desk): Promise<void> {
  const clientId = desk.param("client_id");
  await desk.call("readApplication", { params: { client_id: clientId } });
  const { name } = await applicationNames(desk);
  desk.show({
    title: `Try a sign-in at ${name(clientId)}`,
    lead: "You sign in as a guest would: the same screens, mails and rules. At the end you see the claims. Nothing goes to the application.",
    body: html`<section class="card"><ol><li>Have a mailbox at hand that you can read, with an address of a guest who should get in.</li>
<li>Sign in with it. The address is asked for even if this browser is signed in as a guest.</li>
<li>This console shows whose sign-in it was, and the most that the application can learn: it gets the claims of the scopes that it asks for.</li></ol>
${desk.form(`${pathOf(desk)}/try`, html`<button class="primary">Begin</button>`)}
<p class="quiet">It is a real sign-in: it proves the mailbox, redeems an invitation to the application, and leaves the guest signed in in this browser.</p></section>
<p>No code comes, or it does not work? ${desk.allows("explainAccess") && desk.link(`/why?client_id=${encodeURIComponent(clientId)}`, "Why can't this guest get in?")}</p>
${await steps(desk)}<p>${desk.link(pathOf(desk), "Back to the application")}</p>`,
  });
}

async function answered(desk: Desk, { outcome, sentence, error, sub, id_token: idToken, userinfo }: TrialShown): Promise<void> {
  const good = outcome === "signed-in";
  desk.show(
    {
      title: good ? "It works" : "That did not work",
      body: html`<p class="note ${good ? "good" : "bad"}" role="status">${sentence}${error !== null && html` <code>${error}</code>`}</p>
${sub !== null && html`<p>${desk.link(`/guests/${sub}`, "To the guest")}. This browser is signed in as that guest now: <a href="/account">the guest's own page</a> ends that.</p>`}
${claims(desk, "Claims in the ID token", idToken)}${claims(desk, "Claims at userinfo", userinfo)}
${good && html`<p class="quiet">The ID token was for the trial alone (aud). Its signature, issuer, audience, nonce and times were checked as any library does.</p>`}
${!good && (await steps(desk))}
<div class="pages">${desk.form(`${pathOf(desk)}/try`, html`<button>Try again</button>`, "inline")}${desk.link(pathOf(desk), "Back to the application")}</div>`,
    },
    good ? 200 : 422,
  );
}

function claims(desk: Desk, caption: string, all: Record<string, unknown> | null): Html | false {
  if (all === null) return false;
  const times = new Set(["exp", "iat", "auth_time", "session_expiry", "updated_at"]);
  const shown = (name: string, value: unknown) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return times.has(name) && typeof value === "number"
      ? html`<code>${text}</code> ${desk.times.at(new Date(value * 1000).toISOString())}`
      : html`<code>${text}</code>`;
  };
  return html`<section><h2>${caption}</h2>${table(
    Object.entries(all),
    [
      { name: "Claim", cell: ([name]) => html`<code>${name}</code>` },
      { name: "Value", cell: ([name, value]) => shown(name, value) },
    ],
    { caption, empty: "None." },
  )}</section>`;
}

/** For those who may read the trail. */
async function steps(desk: Desk): Promise<Html | false> {
  if (!desk.allows("listAudit")) return false;
  const since = new Date(desk.now - lately).toISOString();
  const query = { client_id: desk.param("client_id"), since, limit: 10 };
  const { items } = (await desk.call<{ items: AuditShown[] }>("listAudit", { query })).body;
  return html`<section><h2>At this application in the last 15 minutes</h2>${
    items.length === 0 ? html`<p class="note">Nothing yet.</p>` : await auditTable(desk, items)
  }</section>`;
}
