// What the features want mailed, written out for the outbox: which mail, in which language, for how long.
import { type Clock, day } from "./clock.ts";
import type { Config } from "./config.ts";
import { parseAddress } from "./guests/address.ts";
import type { Guest } from "./guests/guest.ts";
import { reference } from "./http/forms.ts";
import { addressAsInvited, type Invitation } from "./invitations/invitation.ts";
import type { InvitationNotice } from "./invitations/invitations.ts";
import { addressesChangedMail } from "./mail/addresses-changed.ts";
import { type AdministratorAlert, administratorAlertMail } from "./mail/administrator-alert.ts";
import { invitationMail } from "./mail/invitation.ts";
import { notAdmittedMail } from "./mail/not-admitted.ts";
import { passcodeMail } from "./mail/passcode.ts";
import { reverificationReminderMail } from "./mail/reverification-reminder.ts";
import { type MailSetting, type Sender, senderIn } from "./mail/sender.ts";
import { sponsorRequestMail } from "./mail/sponsor-request.ts";
import type { Draft } from "./outbox/outbox.ts";
import type { Reminder } from "./reverification/reminders.ts";
import type { Secrets } from "./secrets.ts";
import type { SignInMail } from "./sign-in/sign-in.ts";
import { chooseLanguage, type Texts } from "./texts.ts";

export interface DraftDeps {
  config: Config;
  texts: Texts;
  secrets: Secrets;
  clock: Clock;
}

/** The application's wish decides the language, then what is known of the guest, then the browser. */
export function signInDraft(mail: SignInMail, { config, texts, secrets, clock }: DraftDeps): Draft {
  const { interaction, application, applicationLanguage, language: screens, userAgent, country } = mail.context;
  const language = applicationLanguage ?? chooseLanguage(texts.languages, [mail.locale ?? screens, screens]);
  const setting = settingOf(senderIn(language, texts, config), application.name, application.policy.supportAddress);
  const asked = { at: clock.now(), userAgent, country, reference: reference(secrets.forms, interaction) };
  const base = {
    id: mail.passcodeId,
    kind: mail.kind,
    priority: "code" as const,
    recipient: mail.recipient,
    expiresAt: mail.expiresAt,
  };
  if (mail.kind === "not-admitted") return { ...base, content: notAdmittedMail({ asked }, setting) };
  const link = `${config.issuer}/interaction/${interaction}#code=${mail.code}`;
  const content = passcodeMail({ code: mail.code, minutes: config.passcode.minutes, link, asked }, setting);
  return { ...base, content };
}

export function invitationDraft(notice: InvitationNotice, deps: DraftDeps): Draft {
  return notice.kind === "invitation" ? toGuest(notice, deps) : toSponsor(notice, deps);
}

/** Once it is redeemed, no date until which it can be has a meaning: the mail says none, and is tried for two days. */
function toGuest({ invitation, link }: InvitationNotice, { config, texts, clock }: DraftDeps): Draft {
  const sender = senderIn(chooseLanguage(texts.languages, localesOf(invitation.guestLocale)), texts, config);
  const { sponsorName, message, label, address, redeemedAt, accessEndsAt } = invitation;
  const redeemBy = redeemedAt === null ? invitation.redeemBy : undefined;
  const expiresAt = redeemBy ?? clock.now() + 2 * day;
  const data = {
    sponsor: sponsorName ?? config.organisation,
    message: message ?? undefined,
    target: label ?? undefined,
    address,
    link,
    redeemBy,
    accessUntil: accessEndsAt ?? undefined,
  };
  const content = invitationMail(data, settingOf(sender, invitation.applicationName, invitation.applicationSupport));
  return { kind: "invitation", priority: "invitation", recipient: address, expiresAt, content };
}

/** The sponsor's language is not known: English. */
function toSponsor({ invitation }: InvitationNotice, { config, texts, clock }: DraftDeps): Draft {
  const { label, targetUrl, sponsorEmail } = invitation;
  const guest = addressAsInvited(invitation);
  const data = { guest, target: label ?? undefined, ended: endOf(invitation), link: targetUrl ?? config.issuer };
  const sender = senderIn("en", texts, config);
  const content = sponsorRequestMail(data, settingOf(sender, invitation.applicationName, invitation.applicationSupport));
  const expiresAt = clock.now() + 2 * day;
  return { kind: "sponsor-request", priority: "notice", recipient: sponsorEmail ?? "", expiresAt, content };
}

export function addressesChangedDraft(guest: Guest, recipient: string, { config, texts, clock }: DraftDeps): Draft {
  const content = addressesChangedMail(senderIn(chooseLanguage(texts.languages, localesOf(guest.locale)), texts, config));
  return { kind: "addresses-changed", priority: "notice", recipient, expiresAt: clock.now() + 2 * day, content };
}

/** The administrators' language is not known: English. */
export function alertDraft(alert: AdministratorAlert, recipient: string, { config, texts, clock }: DraftDeps): Draft {
  const content = administratorAlertMail(alert, senderIn("en", texts, config));
  return { kind: "administrator-alert", priority: "notice", recipient, expiresAt: clock.now() + 2 * day, content };
}

/** Past the deadline it has nothing to say: the guest is asked for a code anyway. */
export function reminderDraft({ application, guest, address, deadline }: Reminder, { config, texts }: DraftDeps): Draft {
  const sender = senderIn(chooseLanguage(texts.languages, localesOf(guest.locale)), texts, config);
  const link = `${config.issuer}/reverification/${encodeURIComponent(application.clientId)}`;
  const data = { mailbox: address, days: deadline.rule.days, deadline: deadline.at, link };
  const content = reverificationReminderMail(data, settingOf(sender, application.name, application.policy.supportAddress));
  return {
    kind: "reverification-reminder",
    priority: "reminder",
    recipient: address,
    expiresAt: deadline.at,
    content,
  };
}

/** Whoever needs help with an application asks its people, where it has an address for that, else the operator's. */
function settingOf(sender: Sender, application: string, supportAddress: string | null): MailSetting {
  const support = parseAddress(supportAddress ?? "")?.typed ?? sender.support;
  return { ...sender, support, application };
}

function endOf({ revokedAt, accessEndsAt, redeemBy, redeemedAt }: Invitation): { how: "expired" | "revoked"; at: number } {
  if (revokedAt !== null) return { how: "revoked", at: revokedAt };
  return { how: "expired", at: redeemedAt === null ? redeemBy : (accessEndsAt ?? redeemBy) };
}

function localesOf(locale: string | null): string[] {
  return locale === null ? [] : [locale];
}
