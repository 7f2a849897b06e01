import { Problem } from "./problem.ts";

/** The place in a list after which the next page begins: opaque to callers. */
export function cursorAt(at: number, id: string): string {
  return Buffer.from(`${at} ${id}`).toString("base64url");
}

/** @throws Problem 400 if it is not one of ours */
export function readCursor(cursor: string | undefined): { at: number; id: string } | undefined {
  if (cursor === undefined) return undefined;
  const [, at, id] = /^(\d{1,15}) ([\x21-\x7e]{1,200})$/.exec(Buffer.from(cursor, "base64url").toString("latin1")) ?? [];
  if (at === undefined || id === undefined)
    throw new Problem(400, "Bad request", "The cursor does not come from this list. Leave it out to begin at the start.");
  return { at: Number(at), id };
}

/** The cursor of the page after these items, or null if there is none. @param full whether the page has as many as it may have */
export function nextOf<Item>(items: Item[], limit: number, place: (last: Item) => [at: number, id: string]): string | null {
  const last = items.at(-1);
  return last !== undefined && items.length === limit ? cursorAt(...place(last)) : null;
}
