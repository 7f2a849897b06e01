// The guest's accounts at providers, and removing one.
import type { Context } from "koa";
import { field } from "../http/forms.ts";
import type { AccountDeps, Visit } from "./visit.ts";

/** Times are milliseconds since the epoch. */
export interface OwnUpstream {
  id: string;
  label: string;
  address: string;
  createdAt: number;
  lastUsedAt: number | null;
}

export function upstreamsOf({ accounts }: AccountDeps, { guest }: Pick<Visit, "guest">): Promise<OwnUpstream[]> {
  return accounts.list(guest.sub);
}

/** One that is gone already is removed. */
export async function removeUpstream(ctx: Context, { accounts }: AccountDeps, { guest, by }: Visit): Promise<void> {
  await accounts.remove(guest.sub, field(ctx, "account"), by);
}
