// The link of an invitation: its id and a MAC over it (256 bits). Nothing of it is stored, so a resent mail carries the same link.
import type { KeyObject } from "node:crypto";
import { keyedHash, sameBytes } from "../secrets.ts";

export function invitationToken(key: KeyObject, id: string): string {
  return `${id}.${keyedHash(key, id).toString("base64url")}`;
}

/** @returns the invitation's id, or undefined where the token was not made by us */
export function readInvitationToken(key: KeyObject, token: string): string | undefined {
  const [id = "", mac = ""] = token.split(".");
  return sameBytes(Buffer.from(mac, "base64url"), keyedHash(key, id)) ? id : undefined;
}
