// Mails that do not arrive: refused by a server at once, or reported by a notification or a webhook later. Decides who is to
// blame (src/verdicts/verdict.ts). Each mail counts once against its mailbox, however often and by whatever way it is reported.
import { createHash } from "node:crypto";
import type { Knex } from "knex";
import type { Alerts } from "../alerts/alerts.ts";
import { hour, minute } from "../clock.ts";
import { transaction } from "../database/database.ts";
import { parseAddress } from "../guests/address.ts";
import type { Mailboxes } from "../guests/mailboxes.ts";
import type { Limits } from "../limits/limits.ts";
import type { Logger } from "../log.ts";
import type { Observe } from "../observations.ts";
import type { CameBack, Outbox } from "../outbox/outbox.ts";
import type { MailState } from "../outbox/records.ts";
import type { Try } from "../outbox/routes.ts";
import { reasonIn } from "../verdicts/server-words.ts";
import { type Finding, judge } from "../verdicts/verdict.ts";
import { isAbout, isFailure, type Report } from "./report.ts";

export interface BouncesDeps {
  db: Knex;
  log: Logger;
  outbox: Pick<Outbox, "returnable" | "cameBack">;
  mailboxes: Mailboxes;
  limits: Pick<Limits, "take" | "count">;
  alerts: Pick<Alerts, "mailboxMarked" | "waveBegan" | "mailsRefused" | "complaint" | "postmasterMail">;
  observe: Observe;
  /** Tells the guest who waits that a mail does not arrive. May be called again for the same mail. */
  onFailed(mailId: string, because: "address" | "letters" | "other"): Promise<void>;
}

interface Refused {
  /** The state of such mails; undefined if another route may accept them. */
  state?: MailState;
  /** The server has accepted no mail lately. */
  refusesAll: boolean;
}

export type BounceOutcome =
  | "marked"
  /** It was reported before. */
  | "known"
  /**
   * It does not count against a mailbox: the mail no longer exists, another recipient is meant, something else is to
   * blame, nobody of the directory has the address, or its mailbox was proven after the mail was written.
   */
  | "not-counted";

const mostNotifications = [{ most: 200, period: minute }];
/** How many refusals an hour by one server, with no mailbox to blame, go unreported; the next one is reported. */
const mostRefusals = [{ most: 9, period: hour }];
/** A signature that does not cover the report is valid for at most a day (src/bounces/providers/mailgun.ts). */
const onceUsed = [{ most: 1, period: 25 * hour }];
const mostPostmasterMails = [{ most: 20, period: 24 * hour }];

export class Bounces {
  readonly #deps: BouncesDeps;

  constructor(deps: BouncesDeps) {
    this.#deps = deps;
  }

  /** Whether to read a report about this mail from the network now: only if the mail may come back, and within a limit, since reading takes time. */
  async expects(mailId: string, network: string): Promise<"now" | "later" | "never"> {
    if (!(await this.#deps.outbox.returnable(mailId))) return "never";
    return this.admits(network);
  }

  /** Whether the network may report something now. */
  async admits(network: string): Promise<"now" | "later"> {
    const use = { limit: "notifications-per-network", rates: mostNotifications, subject: network };
    return (await this.#deps.limits.take([use])) ? "later" : "now";
  }

  /** Uses up a token that is valid for one report. @returns a function that takes that back; undefined if it was used before */
  async useUp(token: string): Promise<(() => Promise<void>) | undefined> {
    const counting = await this.#deps.limits.count([{ limit: "webhook-tokens", rates: onceUsed, subject: token }]);
    return counting.outcome === "counted" ? counting.giveBack : undefined;
  }

  /** Somebody wrote to a postmaster (RFC 5321, 4.5.1): administrators get the beginning of it. */
  async wroteToPostmaster(beginning: string): Promise<void> {
    const use = { limit: "postmaster-mails", rates: mostPostmasterMails, subject: "" };
    if (!(await this.#deps.limits.take([use]))) await this.#deps.alerts.postmasterMail(beginning);
  }

  /** A mail is given up: no route took it. */
  async refused(
    mailId: string,
    { route, refusal, blame, refusesAll }: Pick<Try, "route" | "refusal" | "blame" | "refusesAll">,
  ): Promise<void> {
    // No server was asked: the address is one that no route can write to.
    if (!refusal) return this.#deps.onFailed(mailId, blame === "address" || blame === "letters" ? blame : "other");
    const finding = judge({ source: "conversation", ...refusal, words: refusal.response });
    await this.#failed(mailId, finding, { server: route, words: refusal.response }, { state: "parked", refusesAll });
  }

  /** A notification or a webhook says this of the mail's recipients. */
  async notified(mailId: string, reports: Report[]): Promise<BounceOutcome> {
    const mail = reports.some(isFailure) ? await this.#deps.outbox.returnable(mailId) : undefined;
    const ours = mail ? reports.filter((report) => isAbout(mail.recipient, report)) : [];
    // Delivered to the address itself, it may have failed for others behind it.
    const report = ours.every(isFailure) ? ours[0] : undefined;
    if (!mail || !report) {
      this.#deps.log.info({ mail: mailId, reports: reports.length }, "a returned mail does not say that it failed for its recipient");
      return "not-counted";
    }
    const findings = ours.map(({ status, diagnostic }) =>
      judge({ source: "notification", recipient: mail.recipient, words: diagnostic, status }),
    );
    const finding = findings.find(({ verdict }) => verdict !== "mailbox") ?? (findings[0] as Finding);
    const server = report.server ?? mail.recipient.slice(mail.recipient.lastIndexOf("@") + 1);
    const said = { server, words: report.diagnostic };
    // A mail that is reported again has already failed and counts once.
    if (finding.verdict !== "mailbox" && !(await this.#deps.outbox.cameBack(this.#deps.db, mailId, toldBy(said, false)))) return "known";
    return this.#failed(mailId, finding, said, { state: "bounced", refusesAll: false });
  }

  /** The recipient complained to a mail provider, or the provider no longer sends to the address, for whatever reason. */
  async complained(mailId: string, words: string): Promise<BounceOutcome> {
    const mail = await this.#deps.outbox.returnable(mailId);
    if (!mail) return "not-counted";
    await this.#deps.alerts.complaint(mail.recipient, reasonIn(words));
    this.#deps.log.info({ mail: mailId, kind: mail.kind }, "a provider reports a complaint or a suppressed address");
    return "not-counted";
  }

  /** The waiting guest is told first: how long the rest takes depends on whether the address is known. */
  async #failed(mailId: string, finding: Finding, said: { server: string; words: string }, of: Refused): Promise<BounceOutcome> {
    const { mailboxes, onFailed, observe, log } = this.#deps;
    const wave = waveOf(said.server, finding.gist);
    const blamed = finding.verdict === "mailbox" && !(await mailboxes.isInWave(wave));
    await onFailed(mailId, blamed ? "address" : "other");
    const outcome = finding.verdict === "mailbox" ? await this.#blame(mailId, finding, { ...said, wave }) : "not-counted";
    if (finding.verdict === "somebody else") await this.refusedElsewhere(said.server, said.words, of);
    observe({ of: "bounce", outcome });
    log.info({ mail: mailId, status: finding.status, verdict: finding.verdict, why: finding.why, outcome }, "a mail did not arrive");
    return outcome;
  }

  /**
   * A server refuses mail and no mailbox is to blame: if that happens often, or to every mail, administrators are told, once
   * a day.
   */
  async refusedElsewhere(server: string, words: string, { state, refusesAll }: Refused): Promise<void> {
    const { limits, alerts } = this.#deps;
    const use = { limit: "refusals-per-server", rates: mostRefusals, subject: siteOf(server) };
    if ((await limits.take([use])) || refusesAll) await alerts.mailsRefused(siteOf(server), reasonIn(words), state);
  }

  /** The recipient's mailbox refused the mail permanently. */
  async #blame(mailId: string, finding: Finding, said: { server: string; words: string; wave: string }): Promise<BounceOutcome> {
    const { db, outbox, mailboxes, alerts } = this.#deps;
    const mail = await outbox.returnable(mailId);
    const address = mail && parseAddress(mail.recipient);
    if (!mail || !address) return "not-counted";
    const refusal = { status: finding.status, reason: reasonIn(said.words), wave: said.wave };
    let send: () => void = () => undefined;
    const outcome = await transaction(db, async (trx): Promise<BounceOutcome> => {
      const { sub, inWave } = await mailboxes.hold(trx, address, said.wave);
      if (!(await outbox.cameBack(trx, mailId, toldBy(said, true)))) return "known";
      if (sub === undefined || inWave) return "not-counted";
      const result = await mailboxes.refuse(trx, sub, address, refusal, mail);
      if (result.outcome === "wave-began") {
        send = await alerts.waveBegan(trx, said.wave, {
          ...result,
          server: siteOf(said.server),
          reply: `${refusal.status} ${refusal.reason}`,
        });
        return "not-counted";
      }
      if (result.outcome !== "marked") return "not-counted";
      if (result.tell === "now") send = await alerts.mailboxMarked(trx, result.marked, refusal);
      return "marked";
    });
    send();
    return outcome;
  }

  /** Tells administrators about marks that could have been the beginning of a wave but were not. */
  async sweep(): Promise<void> {
    const { db, mailboxes, alerts } = this.#deps;
    const sends = await transaction(db, async (trx) => {
      const told: (() => void)[] = [];
      for (const { marked, refusal } of await mailboxes.untold(trx)) told.push(await alerts.mailboxMarked(trx, marked, refusal));
      return told;
    });
    for (const send of sends) send();
    await mailboxes.sweep();
  }
}

function toldBy({ server, words }: { server: string; words: string }, blamed: boolean): CameBack {
  return { by: server, reply: reasonIn(words), blamed };
}

/** The organisation that a host belongs to, so that its servers are one: the last two labels, or three below a short one such as co.uk. */
function siteOf(server: string): string {
  const labels = server.toLowerCase().split(".");
  if (/^[\d.]+$|:/.test(server) || labels.length < 3) return server.toLowerCase();
  return labels.slice(labels.slice(-2).every((label) => label.length <= 3) ? -3 : -2).join(".");
}

/** Refusals in one wave have one server and one reason. */
function waveOf(server: string, gist: string): string {
  return createHash("sha256")
    .update(`${siteOf(server)}\n${gist}`)
    .digest("base64url");
}
