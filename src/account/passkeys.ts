// The guest's passkeys: listing them, and removing one. A new one is offered after signing in with a code, and nowhere else: a stolen session
// makes none.
import type { Context } from "koa";
import { ownClientId } from "../applications/own-page.ts";
import { field } from "../http/forms.ts";
import type { AccountDeps, Visit } from "./visit.ts";

export interface OwnPasskey {
  id: string;
  address: string;
  /** The User-Agent header of the browser that it was made in. */
  device: string | null;
  /** Milliseconds since the epoch. */
  createdAt: number;
  lastUsedAt: number | null;
}

export interface OwnPasskeys {
  /** Whether guests can make one. */
  on: boolean;
  passkeys: OwnPasskey[];
}

export async function passkeysOf(
  { passkeys, admission, applications }: AccountDeps,
  { guest }: Pick<Visit, "guest">,
): Promise<OwnPasskeys> {
  const own = await applications.find(ownClientId);
  const on = own !== undefined && admission.gradeOf(own, "passkey") !== "off";
  return { on, passkeys: await passkeys.list(guest.sub) };
}

/** The mailbox is told. One that is gone already is removed. */
export async function removePasskey(ctx: Context, { passkeys }: AccountDeps, { guest, by }: Visit): Promise<void> {
  await passkeys.remove(guest.sub, field(ctx, "passkey"), by);
}
