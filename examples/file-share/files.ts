// Files, and the people each of them is shared with. In memory: an example forgets them when it stops.
import { randomUUID } from "node:crypto";

export interface Person {
  /** The address that the owner shared with. */
  email: string;
  /** Who that turned out to be. */
  sub?: string;
}

export interface SharedFile {
  id: string;
  name: string;
  text: string;
  people: Person[];
}

/** Who asks to open a file: what the provider vouches for. */
export interface Visitor {
  sub: string;
  verifiedEmail: string | undefined;
}

export class Files {
  readonly #files = new Map<string, SharedFile>();

  list(): SharedFile[] {
    return [...this.#files.values()];
  }

  /** The id is not a secret: the link opens only for the people it was shared with. */
  add(file: { name: string; text: string; emails: string[] }, id: string = randomUUID()): void {
    this.#files.set(id, { id, name: file.name, text: file.text, people: [] });
    for (const email of file.emails) this.share(id, email);
  }

  share(id: string, email: string): void {
    const people = this.#files.get(id)?.people;
    if (!people?.some((person) => sameAddress(person.email, email))) people?.push({ email });
  }

  stopSharing(id: string, email: string): void {
    const file = this.#files.get(id);
    if (file) file.people = file.people.filter((person) => !sameAddress(person.email, email));
  }

  /**
   * The file, where it is shared with the visitor. An address only names a person until they first come: from then on they
   * are known by `sub`, which is never given to anyone else (OpenID Connect Core 1.0, section 5.7).
   */
  openFor(id: string, visitor: Visitor): SharedFile | undefined {
    const file = this.#files.get(id);
    const person = file?.people.find((candidate) => isVisitor(candidate, visitor));
    if (!file || !person) return undefined;
    person.sub = visitor.sub;
    return file;
  }
}

function isVisitor({ email, sub }: Person, visitor: Visitor): boolean {
  if (sub !== undefined) return sub === visitor.sub;
  return visitor.verifiedEmail !== undefined && sameAddress(email, visitor.verifiedEmail);
}

function sameAddress(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
