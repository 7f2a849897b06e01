// The ways in, and what each is worth. Access rests on a mailbox that is proven on schedule: a deadline looks at that proof alone, and only a
// way that proves the mailbox moves it.
import type { Application } from "../applications/application.ts";

/** upstream: an account at a provider, which was linked to the mailbox. upstream-mailbox: the provider is authoritative for the very address. */
export type Way = "code" | "passkey" | "upstream" | "upstream-mailbox";

/**
 * proves-the-mailbox: the person has the mailbox now. proves-the-person: signs in, and leaves the proof as old as it is. off: it is
 * not available.
 */
export type Grade = "proves-the-mailbox" | "proves-the-person" | "off";

/** Whether a deployment has passkeys; with known-networks none is made at the first code from a new network. */
export type PasskeySetting = "off" | "on" | "known-networks";

/** The one place that decides. The emailed code is always there; an application may leave out the others. */
export function gradeOf(way: Way, { policy }: Application, { passkeys }: { passkeys: PasskeySetting }): Grade {
  if (way === "code") return "proves-the-mailbox";
  if (way === "passkey") return passkeys !== "off" && policy.passkeys ? "proves-the-person" : "off";
  if (!policy.upstreams) return "off";
  return way === "upstream" ? "proves-the-person" : "proves-the-mailbox";
}

/** The grade of an account at a provider. @param most the highest allowed @param vouches the provider is authoritative for the address */
export function wayOfAccount(most: Grade, vouches: boolean): "upstream" | "upstream-mailbox" {
  return most === "proves-the-mailbox" && vouches ? "upstream-mailbox" : "upstream";
}
