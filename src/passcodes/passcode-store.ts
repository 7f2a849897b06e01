import type { Db } from "../database/database.ts";
import { removal } from "../database/removal.ts";
import { command, query } from "../database/statements.ts";

export interface PasscodeRequest {
  interaction: string;
  /** As it was last typed. */
  address: string;
  tries: number;
  askedAt: number;
  endsAt: number;
  provenAt: number | null;
  provenBy: string | null;
  /** How many digits the newest code has; null for the usual number. */
  digits: number | null;
  /** The fate of the mail with the newest code. */
  delivery: Delivery;
}

/** The whereabouts of a mail with a code, as far as known. */
export type Delivery =
  | { state: "on-its-way" }
  | { state: "handed-over" }
  /** No success so far; the next try is at `retryAt` (milliseconds since the epoch). */
  | { state: "delayed"; retryAt: number }
  | { state: "refused"; because: Refusal };

/** address: there is no such mailbox. letters: no mail server of ours can send to such an address. other: the address is not to blame. */
export type Refusal = "address" | "letters" | "other";

export interface PasscodeRow {
  id: string;
  interaction: string;
  address: string;
  hash: string;
  /** How many digits it has; null for the usual number. */
  digits: number | null;
}

/** A code of an interaction that is still open. The code itself may have expired. */
interface AskedPasscode extends PasscodeRow {
  /** When a mail server accepted the mail, or refused it permanently (milliseconds since the epoch); null until then. */
  settledAt: number | null;
}

interface RequestRow {
  interaction: string;
  address: string;
  tries: number;
  asked_at: number;
  ends_at: number;
  proven_at: number | null;
  proven_by: string | null;
  digits: number | null;
  /** Why the mail was refused, or null. */
  delivery: Refusal | null;
  mail_state: string | null;
  retry_at: number | null;
}

const upsertRequest = command(
  `INSERT INTO passcode_requests (interaction, address, newest_passcode, tries, asked_at, ends_at) VALUES (?, ?, ?, 0, ?, ?)
   ON CONFLICT (interaction) DO UPDATE SET address = excluded.address, newest_passcode = excluded.newest_passcode, asked_at = excluded.asked_at
   WHERE passcode_requests.tries < ? AND passcode_requests.proven_at IS NULL`,
);
const insertCode = command("INSERT INTO passcodes (id, interaction, address, hash, digits, ends_at) VALUES (?, ?, ?, ?, ?, ?)");
// A code and its mail have one id.
const selectRequest = query<RequestRow>(
  `SELECT r.interaction, r.address, r.tries, r.asked_at, r.ends_at, r.proven_at, r.proven_by, c.delivery, c.digits, m.state AS mail_state, CASE WHEN m.next_attempt_at > m.created_at THEN m.next_attempt_at END AS retry_at
   FROM passcode_requests r LEFT JOIN passcodes c ON c.id = r.newest_passcode LEFT JOIN outbox m ON m.id = c.id WHERE r.interaction = ?`,
);
// One line for each code: identifiers, hashes and addresses that mail can be sent to contain no space.
const countTry = query<{ address: string; codes: string | null }>(
  `UPDATE passcode_requests SET tries = tries + 1 WHERE interaction = ? AND tries < ? AND proven_at IS NULL AND ends_at > ?
   RETURNING address, (SELECT string_agg(c.id || ' ' || c.hash || ' ' || c.address || ' ' || coalesce(c.digits, 0) || ' ' || coalesce(m.settled_at, 0), '\n')
   FROM passcodes c LEFT JOIN outbox m ON m.id = c.id WHERE c.interaction = passcode_requests.interaction AND c.ends_at > ?) AS codes`,
);
const uncountTry = command("UPDATE passcode_requests SET tries = tries - 1 WHERE interaction = ? AND tries > 0 AND proven_at IS NULL");
const claimRequest = command("UPDATE passcode_requests SET proven_at = ?, proven_by = ? WHERE interaction = ? AND proven_at IS NULL");
const updateRefused = command("UPDATE passcodes SET delivery = ? WHERE id = ?");
const removeEndedCodes = removal("passcodes", "id", "ends_at < ?");
const removeEndedRequests = removal("passcode_requests", "interaction", "ends_at < ?");

const deleteCodesTo = command("DELETE FROM passcodes WHERE LOWER(address) = LOWER(?)");
const deleteRequestsFor = command("DELETE FROM passcode_requests WHERE LOWER(address) = LOWER(?)");

export async function removeOf(db: Db, address: string): Promise<void> {
  await deleteCodesTo(db, address);
  await deleteRequestsFor(db, address);
}

/**
 * Keeps the tries when an interaction asks again: one budget for all of its codes.
 * @returns false if the budget is spent or a code was used, so that no code could work any more
 */
export async function ask(
  db: Db,
  request: { interaction: string; address: string; passcode: string; at: number; endsAt: number; wrongTries: number },
): Promise<boolean> {
  const { interaction, address, passcode, at, endsAt, wrongTries } = request;
  return (await upsertRequest(db, interaction, address, passcode, at, endsAt, wrongTries)) === 1;
}

export async function insert(db: Db, passcode: PasscodeRow & { endsAt: number }): Promise<void> {
  await insertCode(db, passcode.id, passcode.interaction, passcode.address, passcode.hash, passcode.digits, passcode.endsAt);
}

export async function findRequest(db: Db, interaction: string): Promise<PasscodeRequest | undefined> {
  const row = (await selectRequest(db, interaction))[0];
  return (
    row && {
      interaction: row.interaction,
      address: row.address,
      tries: row.tries,
      askedAt: row.asked_at,
      endsAt: row.ends_at,
      provenAt: row.proven_at,
      provenBy: row.proven_by,
      digits: row.digits,
      delivery: deliveryOf(row),
    }
  );
}

/** A mail that a server accepted may come back. */
function deliveryOf({ delivery, mail_state, retry_at }: RequestRow): Delivery {
  if (delivery !== null) return { state: "refused", because: delivery };
  if (mail_state === "sent") return { state: "handed-over" };
  if (retry_at !== null) return { state: "delayed", retryAt: retry_at };
  return { state: "on-its-way" };
}

/**
 * Takes one try from the budget.
 * @returns the address that was typed last, and the codes that were asked for; undefined if no try is left, the interaction is over or
 * its code was used
 */
export async function takeTry(
  db: Db,
  interaction: string,
  most: number,
  now: number,
): Promise<{ address: string; codes: AskedPasscode[] } | undefined> {
  const [taken] = await countTry(db, interaction, most, now, now);
  if (!taken) return undefined;
  const lines = (taken.codes ?? "").split("\n").filter(Boolean);
  const codes = lines.map((line) => {
    const [id, hash, address, digits, settledAt] = line.split(" ") as [string, string, string, string, string];
    return { id, interaction, hash, address, digits: Number(digits) || null, settledAt: Number(settledAt) || null };
  });
  return { address: taken.address, codes };
}

/** Puts one try back into the budget. */
export async function giveTryBack(db: Db, interaction: string): Promise<void> {
  await uncountTry(db, interaction);
}

/** Uses up the interaction's codes. @returns true for exactly one caller */
export async function claim(db: Db, interaction: string, sub: string, at: number): Promise<boolean> {
  return (await claimRequest(db, at, sub, interaction)) === 1;
}

export async function noteRefusal(db: Db, id: string, because: Refusal): Promise<void> {
  await updateRefused(db, because, id);
}

export async function removeEnded(db: Db, before: number): Promise<void> {
  await removeEndedCodes(db, before);
  await removeEndedRequests(db, before);
}
