// Files, and the access list of each. In memory: an example forgets them when it stops.
import { randomUUID } from "node:crypto";

/** One entry of an access list: a guest, by an invitation. */
export interface Share {
  /** The invitation's id: each has a life of its own, also where one guest has several. */
  invitation: string;
  /** Who may open the file, whichever of their addresses they sign in with; never given to anyone else (OpenID Connect Core 1.0, 5.7). */
  sub: string;
  /** The address as the owner typed it. It decides nothing. */
  email: string;
  revoked: boolean;
}

export interface SharedFile {
  id: string;
  name: string;
  text: string;
  shares: Share[];
}

/** Who asks to open a file, and what the provider vouches for. */
export interface Visitor {
  sub: string;
  /** The ids of the invitations whose mailbox the guest has proven. */
  invitations: string[];
}

export type Access =
  | { outcome: "open"; file: SharedFile }
  /** It is shared with this guest, who has yet to prove the mailbox that it was shared with. */
  | { outcome: "unproven"; email: string }
  /** There is no such file, or it is somebody else's. */
  | { outcome: "closed" };

export class Files {
  readonly #files = new Map<string, SharedFile>();

  list(): SharedFile[] {
    return [...this.#files.values()];
  }

  find(id: string): SharedFile | undefined {
    return this.#files.get(id);
  }

  /** The id is not a secret: the link opens only for the people it was shared with. */
  add(name: string, text: string, id: string = randomUUID()): SharedFile {
    const file = { id, name, text, shares: [] };
    this.#files.set(id, file);
    return file;
  }

  /** Inviting again extends the same invitation: it stays one entry. */
  share(file: SharedFile, share: Omit<Share, "revoked">): void {
    file.shares = [...file.shares.filter(({ invitation }) => invitation !== share.invitation), { ...share, revoked: false }];
  }

  revoke(file: SharedFile, invitation: string): void {
    for (const share of file.shares) if (share.invitation === invitation) share.revoked = true;
  }

  /**
   * By `sub`, and by an invitation of the file that the guest has proven: whoever lost the company's mailbox does not keep what was
   * shared with it by proving a private one.
   */
  openFor(id: string, visitor: Visitor): Access {
    const file = this.#files.get(id);
    const valid = file?.shares.filter(({ revoked }) => !revoked) ?? [];
    const proven = valid.filter(({ invitation }) => visitor.invitations.includes(invitation));
    // Where two guests turned out to be one, invitations move to the `sub` that stays: the access list follows.
    for (const share of proven) share.sub = visitor.sub;
    const own = valid.find(({ sub }) => sub === visitor.sub);
    if (!file || !own) return { outcome: "closed" };
    return proven.length > 0 ? { outcome: "open", file } : { outcome: "unproven", email: own.email };
  }
}
