import type { StoredRow } from "./audit-store.ts";

/** Checks that each missing personal part went with its guest: only an erased guest's may be missing. */
export class Erasures {
  readonly #erased = new Set<string>();
  readonly #survivors = new Map<string, string>();
  /** The first row of each guest whose personal part is gone; "" stands for none. */
  readonly #missing = new Map<string, number>();
  /** The first row for each pair of a row's guest and the guest with whom its personal part is erased. */
  readonly #held = new Map<string, { sub: string; with: string; position: number }>();

  /** Rows in the order of the chain. */
  note({ action, guestSub, details, personalDigest, salt, personalSub, position }: StoredRow): void {
    const sub = guestSub ?? "";
    if (action === "guest.erased") this.#erased.add(sub);
    if (action === "guest.merged") this.#survivors.set((JSON.parse(details) as { lost: string }).lost, sub);
    const pair = `${sub} ${personalSub ?? ""}`;
    if (salt !== null && !this.#held.has(pair)) this.#held.set(pair, { sub, with: personalSub ?? "", position: position ?? 0 });
    if (personalDigest !== null && salt === null && !this.#missing.has(sub)) this.#missing.set(sub, position ?? 0);
  }

  /** @returns a row whose personal part was removed without its guest, or would be erased with the wrong guest; or undefined */
  unexplained(): { position: number; why: string } | undefined {
    for (const [sub, position] of this.#missing)
      if (!this.#erased.has(this.#survivorOf(sub))) return { position, why: "the personal part of a row was removed" };
    for (const held of this.#held.values())
      if (this.#survivorOf(held.with) !== this.#survivorOf(held.sub))
        return { position: held.position, why: "the personal part of a row was given to another guest, with whom it would be erased" };
    return undefined;
  }

  #survivorOf(sub: string): string {
    let survivor = sub;
    for (let next = this.#survivors.get(survivor); next !== undefined; next = this.#survivors.get(survivor)) survivor = next;
    return survivor;
  }
}
