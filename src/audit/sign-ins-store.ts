import type { Db } from "../database/database.ts";
import { query } from "../database/statements.ts";

export interface Counted {
  signIns: number;
  codes: number;
}

// Each is counted in an index of that action alone, which the database uses only if the statement names the action.
const count = query<{ sign_ins: number; codes: number }>(
  `SELECT (SELECT count(*) FROM audit WHERE action = 'sign-in.proven' AND at >= ? AND at < ?)
   + (SELECT count(*) FROM audit WHERE action = 'sign-in.passkey' AND at >= ? AND at < ?)
   + (SELECT count(*) FROM audit WHERE action = 'sign-in.upstream' AND at >= ? AND at < ?) AS sign_ins,
   (SELECT count(*) FROM audit WHERE action = 'sign-in.code-asked' AND at >= ? AND at < ?) AS codes`,
);

/** @param from milliseconds since the epoch, inclusive; until is exclusive */
export async function countSignIns(db: Db, from: number, until: number): Promise<Counted> {
  const [row] = await count(db, from, until, from, until, from, until, from, until);
  return { signIns: row?.sign_ins ?? 0, codes: row?.codes ?? 0 };
}
