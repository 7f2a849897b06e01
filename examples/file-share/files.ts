// Files, and the access list of each. In memory: an example forgets them when it stops.
import { randomUUID } from "node:crypto";

/** One entry of an access list: a guest, by an invitation. */
export interface Share {
  /** The invitation's id: each has a life of its own, even if one guest has several. */
  invitation: string;
  /** Who may open the file, whichever of their addresses they sign in with; never given to anyone else (OpenID Connect Core 1.0, 5.7). */
  sub: string;
  /** The address as the owner typed it. It decides nothing. */
  email: string;
  revoked: boolean;
}

interface Shared {
  id: string;
  name: string;
  shares: Share[];
}

export interface SharedFile extends Shared {
  kind: "file";
  text: string;
}

/** Sharing in the other direction: the owner asks, guests send. */
export interface FileRequest extends Shared {
  kind: "request";
  received: ReceivedFile[];
}

interface ReceivedFile {
  name: string;
  content: Buffer;
  /** The address that the guest had proven. */
  from: string;
}

/** What a link opens. */
export type Item = SharedFile | FileRequest;

/** The guest who asks to open a file, as the provider describes them. */
export interface Visitor {
  sub: string;
  /** The ids of the invitations whose mailbox the guest has proven. */
  invitations: string[];
}

export type Access =
  | { outcome: "open"; item: Item }
  /** It is shared with this guest, who still has to prove the mailbox that it was shared with. */
  | { outcome: "unproven"; email: string }
  /** There is no such file, or it is somebody else's. */
  | { outcome: "closed" };

export class Files {
  readonly #items = new Map<string, Item>();

  list(): Item[] {
    return [...this.#items.values()];
  }

  find(id: string): Item | undefined {
    return this.#items.get(id);
  }

  /** The id is not a secret: the link opens only for the people it was shared with. */
  add(name: string, text: string, id: string = randomUUID()): SharedFile {
    const file: SharedFile = { kind: "file", id, name, text, shares: [] };
    this.#items.set(id, file);
    return file;
  }

  /** A place to which the people it is shared with can send files. */
  ask(name: string): FileRequest {
    const request: FileRequest = { kind: "request", id: randomUUID(), name, shares: [], received: [] };
    this.#items.set(request.id, request);
    return request;
  }

  /** Inviting again extends the same invitation: it stays one entry. */
  share(file: Item, share: Omit<Share, "revoked">): void {
    file.shares = [...file.shares.filter(({ invitation }) => invitation !== share.invitation), { ...share, revoked: false }];
  }

  revoke(file: Item, invitation: string): void {
    for (const share of file.shares) if (share.invitation === invitation) share.revoked = true;
  }

  /**
   * By `sub`, and by an invitation to the file that the guest has proven: a guest who lost the company's mailbox does not keep what was
   * shared with it by proving a private one.
   */
  openFor(id: string, visitor: Visitor): Access {
    const item = this.#items.get(id);
    const valid = item?.shares.filter(({ revoked }) => !revoked) ?? [];
    const proven = valid.filter(({ invitation }) => visitor.invitations.includes(invitation));
    // If two guests turn out to be one, invitations move to the `sub` that stays, and the access list follows.
    for (const share of proven) share.sub = visitor.sub;
    const own = valid.find(({ sub }) => sub === visitor.sub);
    if (!item || !own) return { outcome: "closed" };
    return proven.length > 0 ? { outcome: "open", item } : { outcome: "unproven", email: own.email };
  }
}
