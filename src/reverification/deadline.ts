// When proof of a mailbox has to be renewed. Computed when it is used, from the time of the proof and today's rules, and never
// stored in a session or token: a changed rule, stricter or looser, applies to everything issued before. Nothing else computes it.
import { day, skewOfAccess } from "../clock.ts";

type RuleSource = "settings" | "application" | "guest" | "invitation";

/** One rule that says how long proof of a mailbox is valid. */
export interface Rule {
  source: RuleSource;
  /** May be a fraction: hours for applications that need them. */
  days: number;
}

/** A date on which a right ends, however fresh the proof is. */
export interface End {
  source: "guest" | "invitation";
  /** Milliseconds since the epoch. */
  at: number;
}

export interface Deadline {
  /** Milliseconds since the epoch. */
  at: number;
  /** The strictest rule: it decided, unless an end came before it. */
  rule: Rule;
  /** The end that came before the rule, if there was one. */
  end: End | null;
}

/**
 * Proof that was made while the clock was ahead would be valid for too long, so it stops counting once the clock is put right. Anything compared with the
 * time of a proof goes through this.
 * @param provenAt milliseconds since the epoch; null if the mailbox was never proven
 */
export function proofBy(now: number, provenAt: number | null): number | null {
  return provenAt !== null && provenAt <= latestProof(now) ? provenAt : null;
}

/** The latest moment of a proof that counts. */
export function latestProof(now: number): number {
  return now + skewOfAccess;
}

/**
 * @param provenAt when a passcode sent to the mailbox last came back (milliseconds since the epoch); null if none did that counts
 * @param rules at least one; the first of equally strict ones decides
 * @param ends of the guest's record and of the invitation, if they have one
 */
export function deadline(provenAt: number | null, rules: readonly [Rule, ...Rule[]], ends: readonly End[] = []): Deadline {
  const rule = rules.reduce((strictest, other) => (other.days < strictest.days ? other : strictest));
  const due = (provenAt ?? 0) + Math.round(rule.days * day);
  const end = ends.reduce<End | null>((first, other) => (other.at < (first?.at ?? due) ? other : first), null);
  return { at: end?.at ?? due, rule, end };
}

/** The ends that are set. */
export function endsOf(at: { guest: number | null; invitation?: number | null }): End[] {
  return (["guest", "invitation"] as const).flatMap((source) => {
    const own = at[source];
    return own == null ? [] : [{ source, at: own }];
  });
}

/** The rules in force. Overrides that are not set are left out. */
export function rulesOf(days: {
  settings: number;
  application?: number | null;
  guest?: number | null;
  invitation?: number | null;
}): [Rule, ...Rule[]] {
  const overrides = (["application", "guest", "invitation"] as const).flatMap((source) => {
    const own = days[source];
    return own == null ? [] : [{ source, days: own }];
  });
  return [{ source: "settings", days: days.settings }, ...overrides];
}
