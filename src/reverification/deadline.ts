// When proof of a mailbox has to be renewed. Computed when it is used, from the time of the proof and today's rules, and never
// stored in a session or token: tightening a rule binds what was issued before, and so does loosening it. Nothing else computes it.
import { day } from "../clock.ts";

export type RuleSource = "settings" | "application" | "guest" | "invitation";

/** One rule that says how long proof of a mailbox is good for. */
export interface Rule {
  source: RuleSource;
  /** May be a fraction: hours for applications that need them. */
  days: number;
}

export interface Deadline {
  /** Milliseconds since the epoch. */
  at: number;
  /** The rule that decided: the strictest. */
  rule: Rule;
}

/**
 * @param provenAt when a passcode sent to the mailbox last came back (milliseconds since the epoch)
 * @param rules at least one; of equally strict ones the first decides
 */
export function deadline(provenAt: number, rules: readonly [Rule, ...Rule[]]): Deadline {
  const rule = rules.reduce((strictest, other) => (other.days < strictest.days ? other : strictest));
  return { at: provenAt + Math.round(rule.days * day), rule };
}

/** The rules that are in force; an override that is not set is none. */
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
