// Acts on many guests: chosen in their list, previewed, followed.
import { type Html, html } from "../../http/html.ts";
import { type ConsolePages, type Desk, type Wrong, wrongNote, wrongOf } from "../desk.ts";
import {
  type BulkAct,
  bulkActOf,
  bulkActs,
  guestsInWords,
  type JobShown,
  jobState,
  jobTitle,
  progress,
  reasonWords,
} from "../views/jobs.ts";
import { choiceField, facts, pager, table, textField } from "../views/parts.ts";
import { applicationNames } from "./application-names.ts";
import { actorNames } from "./audit.ts";
import { csvButton } from "./exports.ts";
import { filterFields, type GuestFilter, guestSearch, hiddenFields } from "./guests.ts";
import { invitationTerms, termFields } from "./invitations.ts";

export function jobPages(): ConsolePages {
  const page = (desk: Desk) => `/jobs/${desk.param("id")}`;
  return {
    words: { "job-cancelled": "Cancelled. What was done stays done." },
    routes: [
      { method: "get", path: "/jobs", needs: ["listJobs"], run: list },
      { method: "get", path: "/jobs/:id", needs: ["readJob", "listJobGuests"], run: show },
      ...bulkActs.map((act) => ({
        method: "post" as const,
        path: `/jobs/${act.act}`,
        needs: [act.operation],
        run: (desk: Desk) => choose(desk, act),
      })),
      {
        method: "post",
        path: "/jobs/:id/start",
        needs: ["startJob"],
        confirmed: true,
        run: async (desk) => {
          await desk.call("startJob", { params: { id: desk.param("id") } });
          desk.go(page(desk));
        },
      },
      {
        method: "post",
        path: "/jobs/:id/cancel",
        needs: ["cancelJob"],
        run: async (desk) => {
          await desk.call("cancelJob", { params: { id: desk.param("id") } });
          desk.go(page(desk), "job-cancelled");
        },
      },
    ],
  };
}

async function list(desk: Desk): Promise<void> {
  const given = desk.queries("state", "cursor");
  const { items, next } = (await desk.call<{ items: JobShown[]; next: string | null }>("listJobs", { query: { limit: 50, ...given } }))
    .body;
  const names = await actorNames(desk);
  desk.show({
    title: "Jobs",
    lead: "What is done to many guests at once. Tick guests in their list, or take all that it finds.",
    body: html`${table(
      items,
      [
        { name: "What", cell: (job) => desk.link(`/jobs/${job.id}`, jobTitle(job)) },
        { name: "State", cell: (job) => jobState(job) },
        {
          name: "Done",
          number: true,
          cell: ({ done, state }) => (state === "looking" || state === "ready" ? "" : done.toLocaleString("en")),
        },
        { name: "Left out", number: true, cell: ({ left_out: leftOut }) => leftOut.toLocaleString("en") },
        { name: "Who", cell: ({ actor }) => names.get(actor) ?? actor },
        { name: "Made", cell: ({ created_at: at }) => desk.times.ago(at) },
        { name: "Ended", cell: ({ ended_at: at }) => desk.times.ago(at) },
      ],
      { caption: "Jobs", empty: html`None yet. ${desk.link("/guests", "Choose guests in their list.")}` },
    )}${pager(`${desk.base}/jobs`, given, next)}${csvButton(desk, "jobs", given)}`,
  });
}

/** What has to be asked before the preview, then the preview. */
async function choose(desk: Desk, act: BulkAct): Promise<void> {
  const picked = desk.fields("pick");
  const all = desk.field("all") !== "";
  const given: GuestFilter = Object.fromEntries(filterFields.map((name) => [name, desk.field(name)]).filter(([, value]) => value !== ""));
  if (!all && picked.length === 0)
    return desk.show(
      {
        title: "No guest is chosen",
        body: html`<p>Tick guests in the list, or take all that it finds. ${desk.link("/guests", "Back to the guests")}</p>`,
      },
      422,
    );
  const fields = formFields[act.act];
  const typed = Object.fromEntries((fields ?? []).map((name) => [name, desk.field(name)]));
  const kept = html`${all ? html`<input type="hidden" name="all" value="1">${hiddenFields(given)}` : picked.map((sub) => html`<input type="hidden" name="pick" value="${sub}">`)}`;
  const whom = all ? "all guests that the list finds" : guestsInWords(picked.length);
  if (fields && desk.field("step") === "") return form(desk, act, whom, kept, typed);
  const chosen = all ? { filter: guestSearch(given, desk.now) } : { subs: picked };
  let id: unknown;
  try {
    id = (await desk.call(act.operation, { body: { ...chosen, ...bodyOf(act, typed), preview: true } })).body["id"];
  } catch (error) {
    if (!fields) throw error;
    return form(desk, act, whom, kept, typed, wrongOf(error));
  }
  desk.go(`/jobs/${id}`);
}

/** What each action asks for; one that asks for nothing is previewed at once. */
const formFields: Record<string, readonly string[]> = {
  suspend: ["reason"],
  extend: ["expires_at"],
  invite: ["client_id", ...termFields],
  revoke: ["client_id"],
};

function bodyOf({ act }: BulkAct, typed: Record<string, string>): object {
  if (act === "extend") return { expires_at: typed["expires_at"] === "" ? null : typed["expires_at"] };
  const given = Object.entries(typed).filter(([, text]) => text !== "");
  return Object.fromEntries(given.map(([name, text]) => [name, name === "reverification_days" ? Number(text) : text]));
}

async function form(desk: Desk, act: BulkAct, whom: string, kept: Html, typed: Record<string, string>, wrong?: Wrong): Promise<void> {
  const field = (name: string, label: string, options: Parameters<typeof textField>[2] = {}) =>
    textField(name, label, { value: typed[name], wrong: wrong?.fields[name], ...options });
  const application = async () =>
    choiceField("client_id", "Application", (await applicationNames(desk)).choices, {
      value: typed["client_id"],
      wrong: wrong?.fields["client_id"],
    });
  const asked: Record<string, () => Promise<Html>> = {
    suspend: async () =>
      field("reason", "Reason", {
        required: true,
        rows: 3,
        help: "For administrators, in each guest's history: left the partner company.",
      }),
    extend: async () =>
      field("expires_at", "Record ends on", { help: "A date such as 2027-06-30. Empty: never. No record ends sooner by it." }),
    invite: async () => html`${await application()}${invitationTerms(field, wrong)}`,
    revoke: application,
  };
  desk.show(
    {
      title: act.title(whom),
      lead: "You see what will happen, and to how many, before anything is done.",
      invalid: wrong !== undefined,
      body: html`${wrongNote(wrong)}${desk.form(
        `/jobs/${act.act}`,
        html`${kept}<input type="hidden" name="step" value="look">${await asked[act.act]?.()}<button class="primary">See what will happen</button> ${desk.link("/guests", "Leave it")}`,
        "card",
      )}`,
    },
    wrong === undefined ? 200 : 422,
  );
}

interface LeftOutShown {
  sub: string;
  email: string | null;
  reason: string;
}

async function show(desk: Desk): Promise<void> {
  const params = { id: desk.param("id") };
  const job = (await desk.call<JobShown>("readJob", { params })).body;
  const act = bulkActOf(job);
  const underWay = job.state === "looking" || job.state === "running";
  desk.show({
    title: jobTitle(job),
    lead: html`${jobState(job)}`,
    refresh: underWay,
    body: html`${outcome(desk, job, act)}${!underWay && (await leftOut(desk, job))}
<section class="card"><h2>Facts</h2>${facts([
      ["Application", job.client_id],
      ["Reason", job.reason],
      ["Record ends", act.act === "extend" && (desk.times.at(job.expires_at) ?? "never")],
      ["Made", desk.times.at(job.created_at)],
      ["Ended", desk.times.at(job.ended_at)],
      ["By", (await actorNames(desk)).get(job.actor) ?? job.actor],
    ])}</section>`,
  });
}

function outcome(desk: Desk, job: JobShown, act: BulkAct): Html {
  const { id, state, done, left_out: left } = job;
  const may = desk.allows(act.operation);
  const leave = (label: string) => may && desk.button(`/jobs/${id}/cancel`, label, { kind: "" });
  const others = left > 0 && ` ${guestsInWords(left)} ${left === 1 ? "is" : "are"} left out.`;
  switch (state) {
    case "looking":
      return progress(job, html`<p class="quiet">Looking at each guest. Nothing is done yet.</p>${leave("Leave it")}`);
    case "running":
      return progress(job, html`<p class="quiet">It goes on without you: you may leave this page.</p>${leave("Cancel")}`);
    case "ready":
      return html`<section class="card"><p>${done === 0 ? "Nobody" : guestsInWords(done)} will be ${act.done}.${others}</p>
<div class="pages">${may && done > 0 && desk.button(`/jobs/${id}/start`, act.title(guestsInWords(done)), { kind: act.harms ? "danger" : "primary" })}${leave("Leave it")}</div></section>`;
    case "done":
      return html`<p class="note good" role="status">${done === 0 ? "Nobody is" : done === 1 ? "1 guest is" : `${guestsInWords(done)} are`} ${act.done}.${others}</p>`;
    case "cancelled":
      return html`<p class="note wait">${job.stopped === null ? "Cancelled." : "Stopped: the person or program that started it may not do this any more."} ${done === 0 || job.total === done + left ? "" : `${guestsInWords(done)} had been ${act.done}.`}</p>`;
  }
}

async function leftOut(desk: Desk, { id, reasons, left_out: count }: JobShown): Promise<Html | false> {
  if (count === 0) return false;
  const cursor = desk.query("cursor");
  const { items, next } = (
    await desk.call<{ items: LeftOutShown[]; next: string | null }>("listJobGuests", {
      params: { id },
      query: { limit: 50, ...(cursor === "" ? {} : { cursor }) },
    })
  ).body;
  return html`<section><h2>Left out</h2><ul>${reasons.map(({ reason, guests }) => html`<li>${guestsInWords(guests)}: ${reasonWords[reason] ?? reason}</li>`)}</ul>
${table(
  items,
  [
    { name: "Guest", cell: ({ sub, email }) => (email === null ? html`<code>${sub}</code>` : desk.link(`/guests/${sub}`, email)) },
    { name: "Why", cell: ({ reason }) => reasonWords[reason] ?? reason },
  ],
  { caption: "Guests that are left out", empty: "There are no more." },
)}${pager(`${desk.base}/jobs/${id}`, cursor === "" ? {} : { cursor }, next)}${csvButton(desk, "jobGuests", { id })}</section>`;
}
