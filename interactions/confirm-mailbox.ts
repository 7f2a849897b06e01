import type { Context } from "koa";
import type { Page } from "../src/http/page.ts";
import type { Reverification } from "../src/oidc/interaction-policy.ts";
import { toDispatch } from "./enter-email.ts";
import { confirmMailboxPage } from "./views/confirm-mailbox.ts";
import type { InteractionDeps, Visit } from "./visit.ts";

/** The proof that is due in this interaction, where that is what it is for. */
export function reverificationOf({ interaction }: Visit): Reverification | undefined {
  return (interaction.prompt.details as { reverification?: Reverification }).reverification;
}

/** Says why, and offers one code; the address is masked, since whoever holds the browser has not proven it. */
export function showConfirmMailbox(deps: InteractionDeps, visit: Visit, due: Reverification): void {
  visit.show(200, page(deps, visit, due));
}

export async function submitConfirmMailbox(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const due = reverificationOf(visit);
  const result = due && (await deps.signIn.requestPasscode(visit.signInContext, due.address));
  if (result?.outcome !== "too-often") return toDispatch(ctx, visit);
  visit.showTooOften(result.wait, (wait) =>
    page(deps, visit, due as Reverification, visit.reader.translate("enter-email.too-often", { wait })),
  );
}

function page({ organisation }: InteractionDeps, visit: Visit, { address, days }: Reverification, refused?: string): Page {
  return confirmMailboxPage(visit.screen, { address: masked(address), days, organisation, refused });
}

/** What a screen shows of an address that the browser's holder was not seen to know. */
export function shownAddress(visit: Visit, address: string): string {
  return reverificationOf(visit)?.address === address ? masked(address) : address;
}

/** The first letter and the domain. */
function masked(address: string): string {
  const at = address.lastIndexOf("@");
  return `${[...address][0]}•••${address.slice(at)}`;
}
