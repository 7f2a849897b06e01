// Invitations: one, many, and the state of each.
import { type Html, html } from "../../http/html.ts";
import { type ConsolePages, type Desk, type Wrong, wrongNote, wrongOf } from "../desk.ts";
import { type Choosable, chosenColumns } from "../views/columns.ts";
import { badge, choiceField, facts, type Mood, type Part, pager, table, textField } from "../views/parts.ts";
import { applicationNames } from "./application-names.ts";
import { csvButton } from "./exports.ts";
import { inDays } from "./guests.ts";

interface InvitationShown {
  id: string;
  state: string;
  client_id: string;
  sub: string;
  email: string;
  target_url: string | null;
  label: string | null;
  sponsor_name: string | null;
  sponsor_email: string | null;
  message: string | null;
  reverification_days: number | null;
  created_at: string;
  redeem_by: string;
  access_ends_at: string | null;
  redeemed_at: string | null;
  revoked_at: string | null;
  mail: { id: string; state: string; by: string | null; words: string | null; at: string } | null;
}

interface RowResult {
  row: number;
  outcome: string;
  email?: string;
  id?: string;
  mail_at?: string;
  problem?: { detail: string; errors?: { field: string; message: string }[] };
}

export function invitationPages(): ConsolePages {
  const one = (desk: Desk) => `/invitations/${desk.param("id")}`;
  const act = (id: string, done: string) => async (desk: Desk) => {
    await desk.call(id, { params: { id: desk.param("id") } });
    desk.go(one(desk), done);
  };
  return {
    words: {
      "invitation-sent": "Invited. The mail is on its way.",
      resent: "The mail goes out again, with the same link.",
      "invitation-revoked": "Revoked: the right ends at once.",
      extended: "The dates are moved.",
    },
    routes: [
      { method: "get", path: "/invitations", needs: ["listInvitations"], run: (desk) => list(desk, false) },
      { method: "post", path: "/invitations", needs: ["searchInvitations"], run: (desk) => list(desk, true) },
      { method: "get", path: "/invitations/new", needs: ["createInvitation"], run: (desk) => inviteForm(desk) },
      { method: "post", path: "/invitations/new", needs: ["createInvitation"], run: inviteOne },
      { method: "get", path: "/invitations/many", needs: ["createInvitations"], run: (desk) => manyForm(desk) },
      { method: "post", path: "/invitations/many", needs: ["createInvitations"], limit: "5mb", run: inviteMany },
      { method: "get", path: "/invitations/:id", needs: ["readInvitation"], run: show },
      { method: "post", path: "/invitations/:id/resend", needs: ["resendInvitation"], run: act("resendInvitation", "resent") },
      {
        method: "post",
        path: "/invitations/:id/revoke",
        needs: ["revokeInvitation"],
        confirmed: true,
        run: act("revokeInvitation", "invitation-revoked"),
      },
      {
        method: "post",
        path: "/invitations/:id/extend",
        needs: ["extendInvitation"],
        run: async (desk) => {
          const [redeemBy, ends] = [desk.field("redeem_by"), desk.field("access_ends_at")];
          const body = { ...(redeemBy === "" ? {} : { redeem_by: redeemBy }), access_ends_at: ends === "" ? null : ends };
          await desk.call("extendInvitation", { params: { id: desk.param("id") }, body });
          desk.go(one(desk), "extended");
        },
      },
    ],
  };
}

const states: Record<string, Mood> = { pending: "wait", redeemed: "good", revoked: "bad" };
const stateBadge = ({ state }: Pick<InvitationShown, "state">): Html => badge(state, states[state]);
const mailWords: Record<string, [string, Mood]> = {
  queued: ["waits for its turn", "plain"],
  accepted: ["taken by a mail server", "good"],
  delayed: ["put off, tried again", "wait"],
  refused: ["refused", "bad"],
  bounced: ["came back", "bad"],
  expired: ["never taken", "bad"],
};

function mailState(mail: InvitationShown["mail"]): Part {
  if (!mail) return undefined;
  const [word, mood] = mailWords[mail.state] ?? [mail.state, "plain" as const];
  return html`${badge(word, mood)}${mail.words !== null && mood !== "good" && html`<br><small class="quiet">${mail.words}</small>`}`;
}

/** A searched address is posted: no URL and no log holds it. */
async function list(desk: Desk, searched: boolean): Promise<void> {
  const value = (name: string) => (searched ? desk.field(name) : desk.query(name));
  const [state, mail, client, email, ends] = ["state", "mail", "client_id", "email", "ends"].map(value) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const kept = Object.fromEntries(Object.entries({ state, mail, client_id: client, ends }).filter(([, each]) => each !== ""));
  const { choices, name: application } = await applicationNames(desk);
  const chosen = chosenColumns(desk, "invitations", ["id", "email"], invitationColumns(desk, application), kept);
  if (!chosen) return;
  const endsBefore = ends === "" ? "" : inDays(ends, desk.now);
  const cursor = searched ? "" : desk.query("cursor");
  const filter = {
    limit: 50,
    ...Object.fromEntries(
      Object.entries({ state, mail, client_id: client, ends_before: endsBefore, cursor }).filter(([, each]) => each !== ""),
    ),
  };
  const { items, next } = (
    email === ""
      ? await desk.call<{ items: InvitationShown[]; next: string | null }>("listInvitations", { query: filter })
      : await desk.call<{ items: InvitationShown[]; next: string | null }>("searchInvitations", { body: { ...filter, email } })
  ).body;
  desk.show({
    title: "Invitations",
    action: html`<div class="pages">${
      desk.allows("createInvitations") && html`<a class="button" href="${desk.base}/invitations/many">Invite many</a>`
    }${desk.allows("createInvitation") && html`<a class="button primary" href="${desk.base}/invitations/new">Invite a guest</a>`}</div>`,
    body: html`${desk.form(
      "/invitations",
      html`${textField("email", "Address", { value: email, type: "search" })}
${choiceField("state", "State", [["", "any"], ...["pending", "redeemed", "expired", "revoked"].map((each): [string, string] => [each, each])], { value: state })}
${choiceField(
  "mail",
  "Mail",
  [
    ["", "any"],
    ["delayed", "put off"],
    ["refused", "refused"],
    ["bounced", "came back"],
    ["expired", "never taken"],
  ],
  { value: mail },
)}
${choiceField("client_id", "Application", [["", "any"], ...choices], { value: client })}
${choiceField(
  "ends",
  "Ends",
  [
    ["", "any time"],
    ["7", "within 7 days"],
    ["30", "within 30 days"],
  ],
  { value: ends },
)}
<button>Find</button>`,
      "bar",
    )}
${chosen.form}<div id="results">${table(
      items,
      [{ name: "Guest", cell: ({ id, email: address }) => desk.link(`/invitations/${id}`, address) }, ...chosen.columns],
      { caption: "Invitations", empty: noInvitation(desk, email !== "" || Object.keys(kept).length > 0) },
    )}
${email === "" && pager(`${desk.base}/invitations`, { ...kept, ...chosen.query, ...(cursor === "" ? {} : { cursor }) }, next)}${csvButton(desk, "invitations", { state, mail, client_id: client, ends_before: endsBefore, email, columns: chosen.csv })}</div>`,
  });
}

function invitationColumns({ times }: Desk, application: (clientId: string) => string): Choosable<InvitationShown>[] {
  return [
    {
      key: "to",
      name: "To",
      csv: ["client_id", "label"],
      cell: ({ client_id: to, label }) =>
        html`${label ?? application(to)}${label !== null && html`<br><span class="quiet">${application(to)}</span>`}`,
    },
    {
      key: "by",
      name: "By",
      csv: ["sponsor_name", "sponsor_email"],
      cell: ({ sponsor_name: name, sponsor_email: address }) => name ?? address,
    },
    { key: "state", name: "State", csv: ["state"], cell: (each) => stateBadge(each) },
    { key: "mail", name: "Mail", csv: ["mail.state", "mail.words"], cell: (each) => mailState(each.mail) },
    { key: "invited", name: "Invited", csv: ["created_at"], cell: ({ created_at: at }) => times.ago(at) },
    { key: "redeemed", name: "Redeemed", csv: ["redeemed_at"], extra: true, cell: ({ redeemed_at: at }) => times.ago(at) ?? "not yet" },
    { key: "until", name: "Can be redeemed until", csv: ["redeem_by"], extra: true, cell: ({ redeem_by: at }) => times.ago(at) },
    { key: "ends", name: "Access ends", csv: ["access_ends_at"], cell: ({ access_ends_at: at }) => times.ago(at) ?? "never" },
    { key: "target", name: "Leads to", csv: ["target_url"], extra: true, cell: ({ target_url: url }) => url },
  ];
}

function noInvitation(desk: Desk, filtered: boolean): Part {
  if (filtered) return html`None is found. ${desk.link("/invitations", "Show all of them.")}`;
  if (!desk.allows("createInvitation")) return "Nobody is invited yet.";
  return html`Nobody is invited yet. ${desk.link("/invitations/new", "Invite a guest")}, or ${desk.link("/invitations/many", "many from a list")}.`;
}

export const termFields = [
  "label",
  "target_url",
  "sponsor_name",
  "sponsor_email",
  "message",
  "access_ends_at",
  "reverification_days",
] as const;
const fields = ["email", "client_id", "name", ...termFields];

/** The parts of an invitation that do not depend on the guest. */
export function invitationTerms(
  field: (name: string, label: string, options?: Parameters<typeof textField>[2]) => Html,
  wrong?: Wrong,
): Html {
  return html`<details${Object.keys(wrong?.fields ?? {}).length > 0 && html` open`}><summary>What it is to, by whom, until when</summary>
${field("label", "What it is to", { help: "In your words: Plan for the bridge." })}
${field("target_url", "Where the link leads", { help: "Under an origin that the application registered. Empty: the application." })}
${field("sponsor_name", "Who invites")}${field("sponsor_email", "Their address", { type: "email", help: "The guest can ask there for a fresh invitation." })}
${field("message", "Message", { rows: 4 })}
${field("access_ends_at", "Access ends on", { help: "A date such as 2027-06-30. Empty: never." })}
${field("reverification_days", "Proves the mailbox again every … days", { type: "number", help: "The strictest rule wins." })}</details>`;
}

async function inviteForm(desk: Desk, typed: Record<string, string> = {}, wrong?: Wrong): Promise<void> {
  const sub = desk.query("sub");
  const email = sub === "" ? "" : String((await desk.call("readGuest", { params: { sub } })).body["email"]);
  const given: Record<string, string> = { email, client_id: desk.query("client_id"), ...typed };
  const field = (name: string, label: string, options: Parameters<typeof textField>[2] = {}) =>
    textField(name, label, { value: given[name], wrong: wrong?.fields[name], ...options });
  desk.show(
    {
      title: "Invite a guest",
      lead: html`The guest gets a mail with a link, and proves the mailbox with a code. ${desk.link("/invitations/many", "Invite many")} from a list.`,
      invalid: wrong !== undefined,
      body: html`${wrongNote(wrong)}${desk.form(
        "/invitations/new",
        html`${field("email", "Address", { type: "email", required: true })}
${choiceField("client_id", "Application", (await applicationNames(desk)).choices, { value: given["client_id"], wrong: wrong?.fields["client_id"] })}
${field("name", "The guest's name", { help: "Where the guest is new." })}
${invitationTerms(field, wrong)}
<button class="primary">Invite</button>`,
        "card",
      )}`,
    },
    wrong === undefined ? 200 : 422,
  );
}

async function inviteOne(desk: Desk): Promise<void> {
  const typed = Object.fromEntries(fields.map((name) => [name, desk.field(name)]));
  const given = Object.entries(typed).filter(([, text]) => text !== "");
  const body = Object.fromEntries(given.map(([name, text]) => [name, name === "reverification_days" ? Number(text) : text]));
  let id: unknown;
  try {
    id = (await desk.call("createInvitation", { body })).body["id"];
  } catch (error) {
    return inviteForm(desk, typed, wrongOf(error));
  }
  desk.go(`/invitations/${id}`, "invitation-sent");
}

async function manyForm(desk: Desk, rows = "", shown: Html | false = false): Promise<void> {
  desk.show({
    title: "Invite many",
    lead: "Paste addresses, one a line, or a table with a header (email, name, label, target_url …). You see what would happen to each row before anything is sent.",
    body: html`${shown}${desk.form(
      "/invitations/many",
      html`${choiceField("client_id", "Application", (await applicationNames(desk)).choices, { value: desk.field("client_id") })}
${textField("rows", "Addresses, or CSV", { value: rows, rows: 10, required: true })}
<p class="field" hidden><label for="file">Or a file</label><input type="file" id="file" accept=".csv,.txt,text/csv,text/plain" data-into="rows"></p>
<button name="step" value="look" class="primary">Look at it</button>`,
      "card",
    )}`,
  });
}

/** Addresses alone become a table with one column. */
function asCsv(rows: string): string {
  const [first = ""] = rows.trim().split(/\r?\n/, 1);
  return /@/.test(first) && !/[,;\t]/.test(first) ? `email\n${rows}` : rows;
}

async function inviteMany(desk: Desk): Promise<void> {
  const rows = desk.field("rows");
  const sending = desk.field("step") === "send";
  const query = { client_id: desk.field("client_id"), ...(sending ? {} : { dry_run: "true" }) };
  let results: RowResult[];
  try {
    ({ results } = (await desk.call<{ results: RowResult[] }>("createInvitations", { query, csv: Buffer.from(asCsv(rows)) })).body);
  } catch (error) {
    return manyForm(desk, rows, html`${wrongNote(wrongOf(error))}`);
  }
  const bad = results.filter(({ outcome }) => outcome === "refused");
  const good = results.length - bad.length;
  const rowTable = table(
    results,
    [
      { name: "Row", number: true, cell: ({ row }) => row },
      { name: "Address", cell: ({ email }) => email },
      {
        name: sending ? "Done" : "Would be",
        cell: ({ outcome }) => badge(outcomes[outcome] ?? outcome, outcome === "refused" ? "bad" : "good"),
      },
      {
        name: "Why",
        cell: ({ problem, mail_at: at }) =>
          problem
            ? html`${problem.errors?.map(({ field, message }) => `${field} ${message}`).join("; ") ?? problem.detail}`
            : at && html`mailed ${desk.times.ago(at)}`,
      },
    ],
    { caption: "Rows", empty: "There is no row." },
  );
  if (sending)
    return desk.show({
      title: "Invited",
      lead: `${good} invited, ${bad.length} not.`,
      body: html`${rowTable}<p>${desk.link("/invitations", "To the invitations")}</p>`,
    });
  const send =
    good > 0 &&
    desk.form(
      "/invitations/many",
      html`<input type="hidden" name="client_id" value="${query.client_id}"><input type="hidden" name="rows" value="${rows}">
<button name="step" value="send" class="primary">Invite ${good}${bad.length > 0 && `, leave out ${bad.length}`}</button>`,
    );
  await manyForm(
    desk,
    rows,
    html`<section role="status"><p class="note ${bad.length > 0 ? "wait" : "good"}">${good} would be invited, ${bad.length} not. Nothing is sent yet.</p>${rowTable}${send}</section>`,
  );
}

const outcomes: Record<string, string> = { "would-invite": "invited", extended: "invited again", invited: "invited", refused: "left out" };

async function show(desk: Desk): Promise<void> {
  const { body } = await desk.call<InvitationShown>("readInvitation", { params: { id: desk.param("id") } });
  const { times } = desk;
  const path = `/invitations/${body.id}`;
  const live = body.revoked_at === null;
  desk.show({
    title: body.label ?? body.client_id,
    lead: html`${desk.link(`/guests/${body.sub}`, body.email)} ${stateBadge(body)}`,
    action: html`<div class="pages">${live && desk.allows("resendInvitation") && desk.button(`${path}/resend`, "Send the mail again", { kind: "" })}${
      live && desk.allows("revokeInvitation") && desk.button(`${path}/revoke`, "Revoke", { kind: "danger" })
    }</div>`,
    body: html`<section class="card"><h2>Mail</h2>${
      body.mail
        ? facts([
            ["State", mailState(body.mail)],
            ["When", times.at(body.mail.at)],
            ["Told by", body.mail.by],
            ["Attempts", desk.allows("readMail") && desk.link(`/mail/${body.mail.id}`, "each one, in the mail server's words")],
          ])
        : html`<p>None was sent, or it is more than 30 days ago.</p>`
    }</section>
<section class="card"><h2>Facts</h2>${facts([
      ["Application", (await applicationNames(desk)).name(body.client_id)],
      ["Leads to", body.target_url],
      ["By", body.sponsor_name],
      ["Their address", body.sponsor_email],
      ["Message", body.message],
      ["Proves the mailbox every", body.reverification_days !== null && `${body.reverification_days} days, by this invitation`],
      ["Invited", times.at(body.created_at)],
      ["Redeemed", times.at(body.redeemed_at)],
      ["Can be redeemed until", body.redeemed_at === null && times.at(body.redeem_by)],
      ["Access ends", times.at(body.access_ends_at) ?? "never"],
      ["Revoked", times.at(body.revoked_at)],
    ])}</section>
${
  live &&
  desk.allows("extendInvitation") &&
  desk.form(
    `${path}/extend`,
    html`<h2>Move the dates</h2>${body.redeemed_at === null && textField("redeem_by", "Can be redeemed until", { value: body.redeem_by, help: "A date or a time." })}
${textField("access_ends_at", "Access ends", { value: body.access_ends_at ?? "", help: "A date such as 2027-06-30. Empty: never." })}<button>Save</button>`,
    "card",
  )
}`,
  });
}
