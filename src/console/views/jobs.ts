// Acts on many guests, in words.
import type { Html } from "../../http/html.ts";
import { html } from "../../http/html.ts";
import { badge, type Mood } from "./parts.ts";

export interface JobShown {
  id: string;
  act: string;
  state: "looking" | "ready" | "running" | "done" | "cancelled";
  actor: string;
  total: number | null;
  done: number;
  left_out: number;
  reasons: { reason: string; guests: number }[];
  stopped: "not-allowed" | null;
  client_id: string | null;
  reason: string | null;
  expires_at: string | null;
  created_at: string;
  ended_at: string | null;
}

export interface BulkAct {
  /** As the operation's path has it. */
  act: string;
  operation: string;
  /** On a button: "Suspend". */
  verb: string;
  /** "Suspend 3 guests" */
  title(whom: string): string;
  /** "3 guests are suspended". */
  done: string;
  /** It takes something away. */
  harms?: boolean;
}

export const bulkActs: BulkAct[] = [
  { act: "invite", operation: "inviteGuests", verb: "Invite", title: (whom) => `Invite ${whom}`, done: "invited" },
  { act: "extend", operation: "extendGuests", verb: "Extend", title: (whom) => `Extend ${whom}`, done: "extended" },
  { act: "suspend", operation: "suspendGuests", verb: "Suspend", title: (whom) => `Suspend ${whom}`, done: "suspended", harms: true },
  { act: "resume", operation: "resumeGuests", verb: "Let in again", title: (whom) => `Let in again ${whom}`, done: "let in again" },
  {
    act: "revoke",
    operation: "revokeGuests",
    verb: "Revoke invitations",
    title: (whom) => `Revoke invitations of ${whom}`,
    done: "without their invitations",
    harms: true,
  },
];

export const bulkActOf = ({ act }: Pick<JobShown, "act">): BulkAct => bulkActs.find((each) => each.act === act) as BulkAct;

export const reasonWords: Record<string, string> = {
  "already-suspended": "suspended already",
  "not-suspended": "not suspended",
  "ends-later": "the record ends later, or never",
  "already-invited": "has such an invitation already",
  "not-invited": "has no invitation there",
  suspended: "suspended",
  expired: "the record has ended",
  "domain-refused": "the domain may not be invited",
  "foreign-target": "the link leads to no origin of the application",
  "too-many-mails": "has had many invitations by mail lately",
  "no-application": "the application is gone",
  "no-guest": "the guest is gone",
  failed: "it failed: the server's log says why",
};

const states: Record<JobShown["state"], [word: string, mood: Mood]> = {
  looking: ["looking", "plain"],
  ready: ["waits for you", "wait"],
  running: ["under way", "plain"],
  done: ["done", "good"],
  cancelled: ["cancelled", "bad"],
};

export const jobState = ({ state }: Pick<JobShown, "state">): Html => badge(...states[state]);

export const guestsInWords = (count: number): string => (count === 1 ? "1 guest" : `${count.toLocaleString("en")} guests`);

export function jobTitle(job: JobShown): string {
  return bulkActOf(job).title(job.total === null ? "many guests" : guestsInWords(job.total));
}

/** With script, the bar moves by itself (data-follow); without it, the page reloads. */
export function progress(job: JobShown, extra: Html | false = false): Html {
  const seen = job.done + job.left_out;
  const bar =
    job.total === null
      ? html`<progress aria-label="How far it is"></progress>`
      : html`<progress aria-label="How far it is" max="${job.total}" value="${seen}"></progress>`;
  const of = job.total === null ? guestsInWords(seen) : `${seen.toLocaleString("en")} of ${guestsInWords(job.total)}`;
  return html`<section class="card"><div data-follow="${job.state}">${bar}<p>${of}</p></div>${extra}</section>`;
}
