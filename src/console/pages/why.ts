// "Why can't this guest get in?": one sentence, the rule, and the button that fixes it.
import { type Html, html } from "../../http/html.ts";
import { type ConsolePages, type Desk, type Wrong, wrongNote, wrongOf } from "../desk.ts";
import { badge, choiceField, type Mood, textField } from "../views/parts.ts";
import { applicationNames } from "./application-names.ts";

interface Explained {
  outcome: string;
  reason: string;
  sentence: string;
  rule: string;
  remedy: { words: string; operation: string | null } | null;
  sub: string | null;
  address: string | null;
  invitation: string | null;
  domain_rule: { domain: string; source: "settings" | "application"; list: "deny" | "allow"; pattern: string | null } | null;
}

interface Question {
  email: string;
  sub: string;
  client: string;
}

export function whyPages(): ConsolePages {
  const needs = ["explainAccess", "listApplications"];
  return {
    words: { mended: "Done. This is how it stands now." },
    routes: [
      {
        method: "get",
        path: "/why",
        needs,
        run: (desk) => show(desk, { email: "", sub: desk.query("sub"), client: desk.query("client_id") }),
      },
      // The address is posted, so that no URL and no log holds it.
      { method: "post", path: "/why", needs, run: (desk) => show(desk, asked(desk)) },
      { method: "post", path: "/why/mend", needs, run: mend },
    ],
  };
}

const asked = (desk: Desk): Question => ({ email: desk.field("email"), sub: desk.field("sub"), client: desk.field("client_id") });

async function explain(desk: Desk, { email, sub, client }: Question): Promise<Explained> {
  const who = email === "" && sub !== "" ? { sub } : { email };
  return (await desk.call<Explained>("explainAccess", { body: { ...who, client_id: client } })).body;
}

async function show(desk: Desk, question: Question): Promise<void> {
  const { choices } = await applicationNames(desk);
  const { sub, client } = question;
  let explained: Explained | undefined;
  let wrong: Wrong | undefined;
  try {
    if (client !== "" && (question.email !== "" || sub !== "")) explained = await explain(desk, question);
  } catch (error) {
    wrong = wrongOf(error);
  }
  const email = question.email || (sub === "" ? "" : String((await desk.call("readGuest", { params: { sub } })).body["email"]));
  desk.show(
    {
      title: "Why can't this guest get in?",
      lead: "The first thing in the way of one guest, or of an address that nobody has, at one application.",
      invalid: wrong !== undefined,
      body: html`${wrongNote(wrong)}${explained && answer(desk, explained, { ...question, email: sub === "" ? question.email : "" })}
${desk.form(
  "/why",
  html`${textField("email", "Address", { type: "email", required: true, value: email, wrong: wrong?.fields["email"], help: "As the guest types it." })}
${choiceField("client_id", "Application", choices, { value: client, wrong: wrong?.fields["client_id"] })}
<button class="${explained ? "" : "primary"}">Explain</button>`,
  "card",
)}`,
    },
    wrong === undefined ? 200 : 422,
  );
}

const outcomes: Record<string, [word: string, mood: Mood]> = {
  admitted: ["gets in", "good"],
  due: ["gets in with a code", "wait"],
  refused: ["does not get in", "bad"],
};

function answer(desk: Desk, explained: Explained, question: Question): Html {
  const { outcome, sentence, rule, remedy, sub } = explained;
  return html`<section class="card" role="status"><p>${badge(...(outcomes[outcome] ?? [outcome, "plain"]))}</p>
<h2>${sentence}</h2>
<p>${rule}</p>
${remedy && html`<p><strong>${remedy.words}</strong></p>${mending(desk, explained, question)}`}
${sub !== null && html`<p><a class="button" href="${desk.base}/guests/${sub}">Open the guest</a></p>`}</section>`;
}

/** The button, for people who may use it. */
function mending(desk: Desk, { remedy, reason, sub, domain_rule: rule }: Explained, { email, client }: Question): Html | false {
  const id = remedy?.operation;
  if (id === null || id === undefined) return false;
  if (!desk.allows(...(needed[id] ?? [id])))
    return html`<p class="quiet">Your role may not do this. A colleague with a wider role can.</p>`;
  if (id === "addAlias") return sub !== null && html`<a class="button primary" href="${desk.base}/guests/${sub}">Add an address</a>`;
  // A pattern refuses other domains too, so the list is shown before anything is removed from it.
  if (rule && rule.pattern !== null && rule.pattern !== rule.domain)
    return rule.source === "settings"
      ? desk.link("/settings", "Open the settings")
      : desk.link(`/applications/${encodeURIComponent(client)}`, "Open the application");
  const date = (name: string, label: string, required: boolean) =>
    textField(name, label, { type: "date", required, ...(required ? { value: inTwoWeeks(desk) } : { help: "Empty: never." }) });
  const dates: Record<string, Html> = {
    "record-ended": date("date", "The record ends on", false),
    "access-ended": date("date", "Access ends on", false),
    "invitation-expired": date("date", "Can be used until", true),
  };
  const kept = { client_id: client, reason, ...(email === "" ? { sub: sub ?? "" } : { email }) };
  return desk.form(
    "/why/mend",
    html`${Object.entries(kept).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}${dates[reason]}<button class="primary">${buttons[reason] ?? remedy?.words}</button>`,
    "field",
  );
}

/** What the button calls, if that is more than the remedy's own operation. */
const needed: Record<string, string[]> = {
  updateSettings: ["readSettings", "updateSettings"],
  updateApplication: ["readApplication", "updateApplication"],
};

const buttons: Record<string, string> = {
  suspended: "Let in again",
  "record-ended": "Move the end",
  domain: "Allow the domain",
  "other-address": "Invite this address",
  "not-invited": "Invite",
  "invitation-expired": "Move the date",
  "access-ended": "Move the end",
  "invitation-revoked": "Invite again",
  "not-a-guest": "Record the guest",
};

function inTwoWeeks(desk: Desk): string {
  return new Date(desk.now + 14 * 86_400_000).toISOString().slice(0, 10);
}

/** Does what the button said, if that is still the obstacle. */
async function mend(desk: Desk): Promise<void> {
  const question = asked(desk);
  const explained = await explain(desk, question);
  if (explained.reason !== desk.field("reason")) return show(desk, question);
  const sub = await doIt(desk, explained, question);
  // An unknown address stays out of the URL.
  if (sub === "") return show(desk, question);
  desk.go(`/why?${new URLSearchParams({ sub, client_id: question.client })}`, "mended");
}

/** @returns the guest, who may be new */
async function doIt(
  desk: Desk,
  { remedy, reason, sub, address, invitation, domain_rule: rule }: Explained,
  { client }: Question,
): Promise<string> {
  const guest = { sub: sub ?? "" };
  const date = desk.field("date") === "" ? null : desk.field("date");
  switch (remedy?.operation) {
    case "resumeGuest":
      await desk.call("resumeGuest", { params: guest });
      break;
    case "updateGuest":
      await desk.call("updateGuest", { params: guest, body: { expires_at: date } });
      break;
    case "extendInvitation":
      await desk.call("extendInvitation", {
        params: { id: invitation ?? "" },
        body: reason === "access-ended" ? { access_ends_at: date } : { redeem_by: date ?? undefined },
      });
      break;
    case "createInvitation":
    case "createGuest": {
      const email = address ?? String((await desk.call("readGuest", { params: guest })).body["email"]);
      const body = remedy.operation === "createGuest" ? { email } : { email, client_id: client };
      return String((await desk.call(remedy.operation, { body })).body["sub"]);
    }
    case "updateSettings":
    case "updateApplication": {
      if (!rule) break;
      const [read, params] = rule.source === "settings" ? ["readSettings", {}] : ["readApplication", { client_id: client }];
      const { body, version } = await desk.call<{ allow_domains: string[]; deny_domains: string[] }>(read as string, {
        params: params as Record<string, string>,
      });
      await desk.call(remedy.operation, {
        params: params as Record<string, string>,
        body: allowing(body, rule),
        ...(version === undefined ? {} : { ifMatch: version }),
      });
    }
  }
  return guest.sub;
}

function allowing(lists: { allow_domains: string[]; deny_domains: string[] }, { domain, list }: { domain: string; list: string }): object {
  if (list === "allow") return { allow_domains: [...lists.allow_domains, domain] };
  return { deny_domains: lists.deny_domains.filter((each) => each !== domain) };
}
