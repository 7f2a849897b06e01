// The rules that apply to a guest at an application, and their effect on an invitation.
import type { Application } from "../applications/application.ts";
import type { Guest } from "../guests/guest.ts";
import type { Invitation } from "../invitations/invitation.ts";
import { type Deadline, deadline, type End, endsOf, proofBy, rulesOf } from "../reverification/deadline.ts";
import type { Settings } from "../settings/settings.ts";

interface Periods {
  settings: number;
  application: number | null;
  guest: number | null;
  /** When the guest's record ends, where it does. */
  ends: End[];
}

export function periodsOf(settings: Settings, application: Application, guest: Guest): Periods {
  return {
    settings: settings.reverificationDays,
    application: application.policy.reverificationDays,
    guest: guest.reverificationDays,
    ends: endsOf({ guest: guest.expiresAt }),
  };
}

/** Someone who left a company cannot keep what was shared with the company's address by proving a private one. */
export function deadlineOf(invitation: Invitation, periods: Periods, now: number): Deadline {
  const rules = rulesOf({ ...periods, invitation: invitation.reverificationDays });
  const ends = [...periods.ends, ...endsOf({ guest: null, invitation: invitation.accessEndsAt })];
  return deadline(proofBy(now, invitation.verifiedAt), rules, ends);
}
