// The link of an invitation: its id and a MAC over it (256 bits). Nothing of it is stored, so a resent mail carries the same link.
import type { KeyRing } from "../secrets.ts";

export function invitationToken(key: KeyRing, id: string): string {
  return `${id}.${key.mac(id).toString("base64url")}`;
}

/** @returns the invitation's id, or undefined if the token was not made by us */
export function readInvitationToken(key: KeyRing, token: string): string | undefined {
  const [id = "", mac = ""] = token.split(".");
  return key.made(Buffer.from(mac, "base64url"), 32, id) ? id : undefined;
}
