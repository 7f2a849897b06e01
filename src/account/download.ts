// All that is held about a guest, for the guest: JSON that a person can read.
import type { AuditEntry } from "../audit/audit.ts";
import type { AccountDeps, Visit } from "./visit.ts";

const page = 500;

/** Administrators' notes, and the names of those who acted on the guest's record, are left out: they are about others too. Times are ISO 8601. */
export async function downloadOf(deps: AccountDeps, { guest }: Visit): Promise<object> {
  const { sub } = guest;
  const aliases = await deps.guests.aliases(sub);
  const mails = await Promise.all(aliases.map(({ address }) => deps.outbox.list({ recipient: address, most: page })));
  return {
    madeAt: time(deps.clock.now()),
    organisation: deps.organisation,
    guest: {
      sub,
      state: guest.state,
      name: guest.name,
      givenName: guest.givenName,
      familyName: guest.familyName,
      language: guest.locale,
      externalId: guest.externalId,
      confirmsEveryDays: guest.reverificationDays,
      accessEndsAt: time(guest.expiresAt),
      erasureAskedAt: time(guest.erasureAskedAt),
      erasureDeclined: guest.erasureDeclined && { at: time(guest.erasureDeclined.at), why: guest.erasureDeclined.why },
      recordedAt: time(guest.createdAt),
      changedAt: time(guest.updatedAt),
    },
    addresses: aliases.map(({ address, primary, verifiedAt, undeliverable }) => ({
      address,
      primary,
      confirmedAt: time(verifiedAt),
      refusesMailSince: time(undeliverable?.since ?? null),
    })),
    invitations: await invitationsOf(deps, sub),
    agreedToShare: (await deps.consents.ofGuest(sub)).map(({ clientId, part, name, agreedAt }) => ({
      application: clientId,
      part,
      name,
      agreedAt: time(agreedAt),
    })),
    signedIn: (await deps.sessions.list(sub)).map(({ device, since, applications }) => ({
      browser: device,
      since: time(since),
      applications,
    })),
    passkeys: (await deps.passkeys.list(sub)).map(({ address, device, createdAt, lastUsedAt }) => ({
      address,
      browser: device,
      madeAt: time(createdAt),
      lastUsedAt: time(lastUsedAt),
    })),
    accountsElsewhere: (await deps.accounts.list(sub)).map(({ label, address, createdAt, lastUsedAt }) => ({
      provider: label,
      address,
      linkedAt: time(createdAt),
      lastUsedAt: time(lastUsedAt),
    })),
    history: await historyOf(deps, sub),
    mails: mails.flat().map(({ kind, recipient, state, createdAt, settledAt }) => ({
      kind,
      to: recipient,
      state,
      writtenAt: time(createdAt),
      settledAt: time(settledAt),
    })),
  };
}

async function invitationsOf({ invitations }: AccountDeps, guestSub: string): Promise<object[]> {
  const found: object[] = [];
  for (let next: Awaited<ReturnType<typeof invitations.list>>["next"] | undefined; next !== null; ) {
    const listed = await invitations.list({ guestSub }, page, next);
    for (const each of listed.invitations)
      found.push({
        application: each.applicationName,
        address: each.address,
        target: each.targetUrl,
        label: each.label,
        sponsor: each.sponsorName ?? each.sponsorEmail,
        message: each.message,
        confirmsEveryDays: each.reverificationDays,
        invitedAt: time(each.createdAt),
        redeemBy: time(each.redeemBy),
        redeemedAt: time(each.redeemedAt),
        accessEndsAt: time(each.accessEndsAt),
        withdrawnAt: time(each.revokedAt),
      });
    next = listed.next;
  }
  return found;
}

async function historyOf({ audit }: AccountDeps, guestSub: string): Promise<object[]> {
  const found: object[] = [];
  for (let next: Awaited<ReturnType<typeof audit.list>>["next"] | undefined; next !== null; ) {
    const listed = await audit.list({ guestSub }, page, next);
    found.push(...listed.entries.map((entry) => told(entry, guestSub)));
    next = listed.next;
  }
  return found;
}

/** The network is the guest's own only where the guest acted. */
function told({ at, action, clientId, actor, network }: AuditEntry, guestSub: string): object {
  const own = actor === `guest:${guestSub}`;
  return { at: time(at), what: action, application: clientId, ...(own ? { network } : {}) };
}

function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
