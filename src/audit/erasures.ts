import type { StoredRow } from "./audit-store.ts";

/** Whether each personal part that is gone went with its guest: only an erased guest's may be missing. */
export class Erasures {
  readonly #erased = new Set<string>();
  readonly #survivors = new Map<string, string>();
  /** The first row of each guest whose personal part is gone; "" stands for none. */
  readonly #missing = new Map<string, number>();

  /** Rows in the order of the chain. */
  note({ action, guestSub, details, personalDigest, salt, position }: StoredRow): void {
    const sub = guestSub ?? "";
    if (action === "guest.erased") this.#erased.add(sub);
    if (action === "guest.merged") this.#survivors.set((JSON.parse(details) as { lost: string }).lost, sub);
    if (personalDigest !== null && salt === null && !this.#missing.has(sub)) this.#missing.set(sub, position ?? 0);
  }

  /** @returns the position of a row whose personal part was removed without its guest, or undefined */
  unexplained(): number | undefined {
    for (const [sub, position] of this.#missing) if (!this.#erased.has(this.#survivorOf(sub))) return position;
    return undefined;
  }

  #survivorOf(sub: string): string {
    let survivor = sub;
    for (let next = this.#survivors.get(survivor); next !== undefined; next = this.#survivors.get(survivor)) survivor = next;
    return survivor;
  }
}
