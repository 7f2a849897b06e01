import type { Db } from "../database/database.ts";
import { removal } from "../database/removal.ts";
import { allOf, command, query, type Sql } from "../database/statements.ts";
import type { Chosen, Counts, Given, Job, JobState, LeftOut } from "./job.ts";

interface JobRow {
  id: string;
  given: string;
  chosen: string;
  actor: string;
  channel: string;
  network: string | null;
  state: JobState;
  place: string;
  total: number | null;
  counts: string;
  created_at: number;
  settled_at: number | null;
}

export interface JobPlace {
  createdAt: number;
  id: string;
}

export interface LeftOutGuest {
  number: number;
  sub: string;
  reason: LeftOut;
}

/** One step: from the place where the job is, in its state. */
export type At = Pick<Job, "id" | "place" | "state">;

const columns = "id, given, chosen, actor, channel, network, state, place, total, counts, created_at, settled_at";
const insertRow = command(`INSERT INTO jobs (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
const selectRow = query<JobRow>(`SELECT ${columns} FROM jobs WHERE id = ?`);
const selectOpen = query<JobRow>(`SELECT ${columns} FROM jobs WHERE state IN ('looking', 'running') ORDER BY created_at LIMIT ?`);
const moveRow = command("UPDATE jobs SET place = ?, counts = ? WHERE id = ? AND place = ? AND state = ?");
const settleRow = command("UPDATE jobs SET state = ?, total = ?, settled_at = ? WHERE id = ? AND place = ? AND state = ?");
const stopRow = command("UPDATE jobs SET state = 'cancelled', counts = ?, settled_at = ? WHERE id = ? AND place = ? AND state = ?");
const startRow = command(
  "UPDATE jobs SET state = 'running', place = '', counts = ?, settled_at = NULL, actor = ?, channel = ?, network = ? WHERE id = ? AND state = 'ready'",
);
const cancelRow = command("UPDATE jobs SET state = 'cancelled', settled_at = ? WHERE id = ? AND state IN ('looking', 'ready', 'running')");
const insertGuest = command("INSERT INTO job_guests (job_id, number, sub, reason) VALUES (?, ?, ?, ?)");
const selectGuests = query<LeftOutGuest>(
  "SELECT number, sub, reason FROM job_guests WHERE job_id = ? AND number > ? ORDER BY number LIMIT ?",
);
const deleteGuests = command("DELETE FROM job_guests WHERE job_id = ?");
const selectMentioning = query<JobRow>(`SELECT ${columns} FROM jobs WHERE LOWER(given || chosen) LIKE LOWER(?) ESCAPE '!'`);
const blankRow = command(
  "UPDATE jobs SET given = ?, chosen = ?, state = CASE WHEN state IN ('looking', 'ready', 'running') THEN 'cancelled' ELSE state END, settled_at = COALESCE(settled_at, ?) WHERE id = ?",
);
const removeRows = removal("jobs", "id", "settled_at < ?");

export async function insert(db: Db, job: Job): Promise<void> {
  const { id, given, chosen, by, state, place, total, counts, createdAt, settledAt } = job;
  const [what, whom] = [JSON.stringify(given), JSON.stringify(chosen)];
  await insertRow(db, id, what, whom, by.who, by.channel, by.network, state, place, total, JSON.stringify(counts), createdAt, settledAt);
}

export async function find(db: Db, id: string): Promise<Job | undefined> {
  const [row] = await selectRow(db, id);
  return row && toJob(row);
}

/** Jobs with work to do, the oldest first. */
export async function open(db: Db, most: number): Promise<Job[]> {
  return (await selectOpen(db, most)).map(toJob);
}

/** The newest first. */
export async function list(db: Db, state: JobState | undefined, limit: number, before?: JobPlace): Promise<Job[]> {
  const [where, ...values] = allOf([
    ...(state === undefined ? [] : [["state = ?", state] satisfies Sql]),
    ...(before === undefined ? [] : [["(created_at, id) < (?, ?)", before.createdAt, before.id] satisfies Sql]),
  ]);
  const select = query<JobRow>(`SELECT ${columns} FROM jobs ${where} ORDER BY created_at DESC, id DESC LIMIT ?`);
  return (await select(db, ...values, limit)).map(toJob);
}

/** Moves the job on. @returns false if it has left that place: another instance has moved it, or it was cancelled */
export async function move(db: Db, { id, place, state }: At, next: string, counts: Counts): Promise<boolean> {
  return (await moveRow(db, next, JSON.stringify(counts), id, place, state)) === 1;
}

/** There is no guest after this place. */
export async function settle(db: Db, { id, place, state }: At, as: JobState, total: number, at: number): Promise<boolean> {
  return (await settleRow(db, as, total, at, id, place, state)) === 1;
}

/** Cancels it where it is. @returns false if it is not there any more */
export async function stop(db: Db, { id, place, state }: At, counts: Counts, at: number): Promise<boolean> {
  return (await stopRow(db, JSON.stringify(counts), at, id, place, state)) === 1;
}

/** @returns false if it was not previewed, or has already started */
export async function start(db: Db, id: string, counts: Counts, { who, channel, network }: Job["by"]): Promise<boolean> {
  return (await startRow(db, JSON.stringify(counts), who, channel, network, id)) === 1;
}

/** @returns false if it is already over */
export async function cancel(db: Db, id: string, at: number): Promise<boolean> {
  return (await cancelRow(db, at, id)) === 1;
}

export async function leaveOut(db: Db, id: string, { number, sub, reason }: LeftOutGuest): Promise<void> {
  await insertGuest(db, id, number, sub, reason);
}

export function listLeftOut(db: Db, id: string, limit: number, after: number): Promise<LeftOutGuest[]> {
  return selectGuests(db, id, after, limit);
}

export async function forgetLeftOut(db: Db, id: string): Promise<void> {
  await deleteGuests(db, id);
}

/** Jobs that contain the text, in the action or in the choice of guests. */
export async function mentioning(db: Db, text: string): Promise<Job[]> {
  return (await selectMentioning(db, `%${text.replace(/[!%_]/g, "!$&")}%`)).map(toJob);
}

/** Reduces it to this, and ends it if it is under way. */
export async function blank(db: Db, id: string, given: Given, at: number): Promise<void> {
  const nobody: Chosen = { subs: [] };
  await blankRow(db, JSON.stringify(given), JSON.stringify(nobody), at, id);
}

export async function removeSettled(db: Db, before: number): Promise<void> {
  await removeRows(db, before);
}

function toJob({
  given,
  chosen,
  actor: who,
  channel,
  network,
  counts,
  created_at: createdAt,
  settled_at: settledAt,
  ...rest
}: JobRow): Job {
  const by = { who, channel, network } as Job["by"];
  return { ...rest, given: JSON.parse(given), chosen: JSON.parse(chosen), counts: JSON.parse(counts), by, createdAt, settledAt };
}
