// A guest who has proven who they are, by a session or a right code, is told what ended, since when, and whom to ask.
import type { Access } from "../src/admission/access.ts";
import { parseAddress } from "../src/guests/address.ts";
import type { Guest } from "../src/guests/guest.ts";
import type { Page } from "../src/http/page.ts";
import type { Gone } from "../src/oidc/interaction-policy.ts";
import { masked } from "./due-proof.ts";
import { accessOverPage } from "./views/access-over.ts";
import type { InteractionDeps, Visit } from "./visit.ts";

/** For the guest of this browser's session, or of one that ended recently. */
export async function accessOverInSession(deps: InteractionDeps, visit: Visit): Promise<Page | undefined> {
  const { gone } = visit.interaction.prompt.details as { gone?: Gone };
  const guest = gone && (await deps.guests.findBySub(gone.sub));
  return guest && pageFor(deps, visit, guest, await deps.access.explain(visit.application, { guest }));
}

/** For the guest who has just typed the right code. @param address to which it was mailed */
export async function accessOver(deps: InteractionDeps, visit: Visit, { address }: { address: string }): Promise<Page | undefined> {
  const parsed = parseAddress(address);
  if (!parsed) return undefined;
  const sub = (await deps.guests.findOwner(parsed))?.sub;
  const guest = sub === undefined ? undefined : await deps.guests.findBySub(sub);
  return pageFor(
    deps,
    visit,
    guest,
    await deps.access.explain(visit.application, guest ? { guest, address: parsed } : { address: parsed }),
  );
}

/** @returns undefined if a code would let the guest in */
async function pageFor(deps: InteractionDeps, visit: Visit, guest: Guest | undefined, access: Access): Promise<Page | undefined> {
  const what = await inWords(deps, visit, guest, access);
  if (what === undefined) return undefined;
  const sponsor = guest && (await sponsorOf(deps, visit, guest, access));
  return accessOverPage(visit.screen, {
    what,
    sponsor,
    organisation: deps.organisation,
    support: visit.application.policy.supportAddress ?? deps.support,
    asked: (await deps.signIn.progress(visit.interaction.uid)) !== undefined,
  });
}

async function inWords(deps: InteractionDeps, visit: Visit, guest: Guest | undefined, access: Access): Promise<string | undefined> {
  const { translate, language } = visit.reader;
  const { organisation } = deps;
  const application = visit.application.name;
  const on = (at: number) => deps.texts.times(language).moment(at);
  switch (access.reason) {
    case "suspended": {
      const since = guest && (await deps.suspendedSince(guest.sub));
      return since === undefined ? translate("not-admitted.lead") : translate("over.suspended", { organisation, when: on(since) });
    }
    case "record-ended":
      return translate("over.record-ended", { when: on(access.at) });
    case "invitation-over":
      return translate(`over.${access.over}`, { application, when: on(access.at) });
    case "domain":
      return translate("over.domain", { application, domain: access.domain });
    case "other-address":
      return translate("over.other-address", { application });
    case "not-invited":
      return guest && translate("over.not-invited", { application, address: masked(guest.email) });
    default:
      return undefined;
  }
}

/** The sender of the invitation in question, or else of the newest one. */
async function sponsorOf(deps: InteractionDeps, { application }: Visit, guest: Guest, access: Access): Promise<string | undefined> {
  const own = "invitation" in access ? access.invitation : undefined;
  const filter = { clientId: application.clientId, guestSub: guest.sub };
  const invitation = own ?? (await deps.invitations.list(filter, 1)).invitations[0];
  return invitation?.sponsorName ?? invitation?.sponsorEmail ?? undefined;
}
