// All secrets are derived from one master key; each purpose gets its own keys (RFC 5869, HKDF). The master key can change while
// Guestpass runs (src/keys/master-keys.ts): new values use the newest key of their purpose, values that come back may use an older one.
import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";
import { Vault } from "./sealing.ts";

/** The purposes, each with its label for HKDF. */
export const purposes = {
  /** Signs oidc-provider's cookies. */
  cookies: "cookies",
  /** Keys the hash of passcodes, so that a stolen database cannot be searched for them (ASVS 6.5.2). */
  passcodes: "passcodes",
  /** Makes the links of invitations: nothing of them is stored. */
  invitations: "invitations",
  /** Keys the hashes that limits are counted by: of addresses, of networks. */
  limits: "limits",
  /** Marks the networks and browsers that a mailbox was proven from. */
  networks: "limits",
  /** Makes the return addresses of mails. */
  returnPaths: "return-paths",
  /** Makes the links that switch reminders off, and those that undo a guest's change of address. */
  reminders: "reminders",
  /** Makes the challenges that guests' passkeys answer, and the links that remove a passkey. */
  passkeys: "passkeys",
  /** Form tokens. */
  forms: "forms",
  /** Form tokens of the console, and the challenges that its passkeys answer. */
  console: "console",
  /** Chains the audit trail, so that someone who can only write to the database cannot forge it. */
  audit: "audit",
  /** Encrypts signing keys at rest (A256GCM, 32 bytes). */
  signingKeys: "signing-keys",
  /** Encrypts refresh tokens of mail routes at rest (A256GCM, 32 bytes). */
  mailTokens: "mail-tokens",
  /** Encrypts the secrets of webhooks at rest (A256GCM, 32 bytes). */
  webhooks: "webhooks",
  /** Encrypts the client secrets of upstream providers at rest (A256GCM, 32 bytes). */
  upstreams: "upstreams",
  /** Encrypts the keys of former master keys at rest (A256GCM, 32 bytes). */
  formerKeys: "former-keys",
} as const;

export type Purpose = keyof typeof purposes;

const ringed = [
  "cookies",
  "passcodes",
  "invitations",
  "limits",
  "networks",
  "returnPaths",
  "reminders",
  "passkeys",
  "forms",
  "console",
] as const;
const sealed = ["signingKeys", "mailTokens", "webhooks", "upstreams"] as const;

/** The keys derived from one master key. */
export interface DerivedKeys {
  /** The database's name for the master key. It reveals nothing about the key. */
  secret: string;
  /** 32 bytes each. */
  keys: Record<Purpose, Buffer>;
}

/** Keys that make MACs, for one purpose. */
export class KeyRing {
  #keys: readonly KeyObject[];

  /** @param keys the key to write with, then older keys that returning values may use */
  constructor(...keys: KeyObject[]) {
    this.#keys = keys;
  }

  get current(): KeyObject {
    const [current] = this.#keys;
    if (!current) throw new Error("the database is written under a secret that this instance does not know");
    return current;
  }

  get all(): readonly KeyObject[] {
    return this.#keys;
  }

  replace(keys: readonly KeyObject[]): void {
    this.#keys = keys;
  }

  /** HMAC-SHA-256 over the parts. */
  mac(...parts: string[]): Buffer {
    return keyedHash(this.current, ...parts);
  }

  /** Whether it is the MAC over the parts, or its first bytes. @param length how many bytes there must be */
  made(mac: Buffer, length: number, ...parts: string[]): boolean {
    return this.#keys.some((key) => sameBytes(mac, keyedHash(key, ...parts).subarray(0, length)));
  }
}

export interface TrailKey {
  secret: string;
  /** Undefined if it is not known. */
  key: KeyObject | undefined;
  /** When rows were no longer written under it (milliseconds since the epoch); null if they are. */
  until: number | null;
}

/** Keys of the audit trail, which is checked from its beginning: in the order in which they were in use. */
export class TrailKeys {
  #keys: readonly TrailKey[];

  constructor(...keys: TrailKey[]) {
    this.#keys = keys;
  }

  get current(): KeyObject {
    const key = this.#keys.at(-1)?.key;
    if (!key) throw new Error("the database is written under a secret that this instance does not know");
    return key;
  }

  get all(): readonly TrailKey[] {
    return this.#keys;
  }

  replace(keys: readonly TrailKey[]): void {
    this.#keys = keys;
  }
}

export type Secrets = Record<(typeof ringed)[number], KeyRing> & Record<(typeof sealed)[number], Vault> & { audit: TrailKeys };

/** @param master the master key: at least 32 characters, as random as the operator could make it */
export function derivedFrom(master: string): DerivedKeys {
  const derive = (label: string) => Buffer.from(hkdfSync("sha256", master, "", `guestpass/${label}`, 32));
  const keys = Object.fromEntries(Object.entries(purposes).map(([purpose, label]) => [purpose, derive(label)])) as Record<Purpose, Buffer>;
  return { secret: derive("name").toString("hex").slice(0, 16), keys };
}

/** The keys derived from one master key, if there is no other. */
export function deriveSecrets(master: string): Secrets {
  const derived = derivedFrom(master);
  return {
    ...(Object.fromEntries(ringed.map((purpose) => [purpose, new KeyRing(createSecretKey(derived.keys[purpose]))])) as Record<
      (typeof ringed)[number],
      KeyRing
    >),
    audit: new TrailKeys({ secret: derived.secret, key: createSecretKey(derived.keys.audit), until: null }),
    ...(Object.fromEntries(
      sealed.map((purpose) => [purpose, new Vault([{ secret: derived.secret, key: derived.keys[purpose] }])]),
    ) as Record<(typeof sealed)[number], Vault>),
  };
}

/** A key for one purpose, of a master key that is no longer in use. */
export interface FormerKey {
  secret: string;
  purpose: Purpose;
  key: Buffer;
}

/**
 * Switches to other keys.
 * @param inUse undefined if the master key in use is not known: nothing can be written or recognised then
 * @param former the latest first
 * @param known other master keys, which an instance that is ahead or behind may write under
 */
export function useKeys(
  secrets: Secrets,
  inUse: DerivedKeys | undefined,
  former: FormerKey[],
  known: DerivedKeys[],
  trail: TrailKey[],
): void {
  const all = (purpose: Purpose, others: DerivedKeys[]) =>
    inUse
      ? [
          inUse.keys[purpose],
          ...former.filter((each) => each.purpose === purpose).map(({ key }) => key),
          ...others.map(({ keys }) => keys[purpose]),
        ]
      : [];
  // A use is counted under the current key and under former ones, whose counts continue; not under one that nobody uses yet.
  for (const purpose of ringed)
    secrets[purpose].replace(all(purpose, purpose === "limits" ? [] : known).map((key) => createSecretKey(key)));
  for (const purpose of sealed) {
    secrets[purpose].replace(
      inUse
        ? [
            { secret: inUse.secret, key: inUse.keys[purpose] },
            ...former.filter((each) => each.purpose === purpose),
            ...known.map(({ secret, keys }) => ({ secret, key: keys[purpose] })),
          ]
        : [],
    );
  }
  secrets.audit.replace(inUse ? trail : []);
}

/** A new random value of 256 bits, base64url. */
export function randomToken(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * HMAC-SHA-256 over the parts; a separator that no part can contain keeps ("a", "bc") and ("ab", "c") apart.
 * The key is a KeyObject because Node.js prepares raw bytes again for every hash, which costs more than the hash.
 */
export function keyedHash(key: KeyObject, ...parts: string[]): Buffer {
  return createHmac("sha256", key).update(parts.join("\0")).digest();
}

/** Compares in time that does not depend on where the values differ. */
export function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
