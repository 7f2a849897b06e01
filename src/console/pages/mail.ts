// Mails of the last 30 days, and the fate of each.
import { type Html, html } from "../../http/html.ts";
import type { ConsolePages, Desk } from "../desk.ts";
import { type Choosable, chosenColumns } from "../views/columns.ts";
import { badge, choiceField, facts, type Mood, pager, table, textField } from "../views/parts.ts";
import { csvButton } from "./exports.ts";

interface MailShown {
  id: string;
  state: string;
  kind: string;
  recipient: string;
  attempts: number;
  last_route: string | null;
  last_words: string | null;
  created_at: string;
  next_attempt_at: string | null;
  expires_at: string;
  settled_at: string | null;
  bounced_at: string | null;
  bounced_by: string | null;
  bounced_reply: string | null;
  history?: { attempt: number; at: string; route: string | null; outcome: string; words: string | null; duration_ms: number | null }[];
}

const moods: Record<string, Mood> = { sent: "good", queued: "plain", bounced: "bad", failed: "bad", parked: "wait", expired: "bad" };
const words: Record<string, string> = {
  sent: "taken",
  bounced: "came back",
  failed: "refused",
  parked: "parked",
  expired: "never taken",
  queued: "waits",
};
const stateBadge = ({ state }: Pick<MailShown, "state">): Html => badge(words[state] ?? state, moods[state]);

export function mailPages(): ConsolePages {
  return {
    words: { retried: "It is sent now." },
    routes: [
      { method: "get", path: "/mail", needs: ["listMail"], run: (desk) => list(desk, false) },
      { method: "post", path: "/mail", needs: ["searchMail"], run: (desk) => list(desk, true) },
      { method: "get", path: "/mail/:id", needs: ["readMail"], run: show },
      {
        method: "post",
        path: "/mail/:id/retry",
        needs: ["retryMail"],
        run: async (desk) => {
          await desk.call("retryMail", { params: { id: desk.param("id") } });
          desk.go(`/mail/${desk.param("id")}`, "retried");
        },
      },
    ],
  };
}

async function list(desk: Desk, searched: boolean): Promise<void> {
  const state = searched ? desk.field("state") : desk.query("state");
  const email = searched ? desk.field("email") : "";
  const kept: Record<string, string> = state === "" ? {} : { state };
  const chosen = chosenColumns(desk, "mail", ["id", "kind"], mailColumns(desk), kept);
  if (!chosen) return;
  const cursor = searched ? "" : desk.query("cursor");
  const filter = { limit: 50, ...Object.fromEntries(Object.entries({ state, cursor }).filter(([, each]) => each !== "")) };
  const { items, next } = (
    email === ""
      ? await desk.call<{ items: MailShown[]; next: string | null }>("listMail", { query: filter })
      : await desk.call<{ items: MailShown[]; next: string | null }>("searchMail", { body: { ...filter, email } })
  ).body;
  desk.show({
    title: "Mail",
    lead: "Mail of the last 30 days. The text of a mail is not shown, and not kept once it is sent.",
    body: html`${desk.form(
      "/mail",
      html`${textField("email", "To the address", { value: email, type: "search" })}
${choiceField("state", "State", [["", "any"], ...Object.entries(words)], { value: state })}<button>Find</button>`,
      "bar",
    )}
${chosen.form}<div id="results">${table(
      items,
      [{ name: "Mail", cell: ({ id, kind }) => desk.link(`/mail/${id}`, kind) }, ...chosen.columns],
      {
        caption: "Mails",
        empty:
          state === "" && email === ""
            ? "No mail was written in the last 30 days. An invitation or a sign-in writes the first one."
            : html`None is found. ${desk.link("/mail", "Show all of them.")}`,
      },
    )}
${email === "" && pager(`${desk.base}/mail`, { ...kept, ...chosen.query, ...(cursor === "" ? {} : { cursor }) }, next)}${csvButton(desk, "mail", { state, email, columns: chosen.csv })}</div>`,
  });
}

function mailColumns({ times }: Desk): Choosable<MailShown>[] {
  return [
    { key: "to", name: "To", csv: ["recipient"], cell: ({ recipient }) => recipient },
    { key: "state", name: "State", csv: ["state"], cell: (each) => stateBadge(each) },
    {
      key: "words",
      name: "In the server's words",
      csv: ["last_words", "bounced_reply"],
      cell: ({ bounced_reply: bounced, last_words: last }) => bounced ?? last,
    },
    { key: "route", name: "Route", csv: ["last_route"], extra: true, cell: ({ last_route: route }) => route },
    { key: "tries", name: "Tries", csv: ["attempts"], number: true, cell: ({ attempts }) => attempts },
    { key: "written", name: "Written", csv: ["created_at"], cell: ({ created_at: at }) => times.ago(at) },
    { key: "settled", name: "Settled", csv: ["settled_at"], extra: true, cell: ({ settled_at: at }) => times.ago(at) },
  ];
}

async function show(desk: Desk): Promise<void> {
  const { body } = await desk.call<MailShown>("readMail", { params: { id: desk.param("id") } });
  const { times } = desk;
  desk.show({
    title: `Mail to ${body.recipient}`,
    lead: html`${body.kind} ${stateBadge(body)}`,
    action:
      ["parked", "queued"].includes(body.state) &&
      desk.allows("retryMail") &&
      desk.button(`/mail/${body.id}/retry`, "Send it now", { kind: "primary" }),
    body: html`<section><h2>Attempts</h2>${table(
      body.history ?? [],
      [
        { name: "", number: true, cell: ({ attempt }) => attempt },
        { name: "When", cell: ({ at }) => times.at(at) },
        { name: "Route", cell: ({ route }) => route },
        {
          name: "Outcome",
          cell: ({ outcome }) => badge(outcome, outcome === "accepted" ? "good" : outcome === "refused" ? "bad" : "wait"),
        },
        { name: "In the server's words", cell: ({ words: said }) => said },
        { name: "Took (ms)", number: true, cell: ({ duration_ms: took }) => took },
      ],
      { caption: "Attempts", empty: "None yet: it is tried as soon as a route has room." },
    )}${(body.history ?? []).length > 0 && csvButton(desk, "attempts", { id: body.id })}</section>
<section class="card"><h2>Facts</h2>${facts([
      ["Written", times.at(body.created_at)],
      ["Next attempt", times.at(body.next_attempt_at)],
      ["Settled", times.at(body.settled_at)],
      ["Came back", times.at(body.bounced_at)],
      ["Sent back by", body.bounced_by],
      ["In its words", body.bounced_reply],
      ["Worth sending until", times.at(body.expires_at)],
    ])}</section>`,
  });
}
