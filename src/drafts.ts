// Writes the features' mails for the outbox: which mail, in which language, for how long.
import type { AdministratorNotice } from "./administrators/administrators.ts";
import { type Clock, day } from "./clock.ts";
import type { Config } from "./configuration/config.ts";
import { parseAddress } from "./guests/address.ts";
import type { OwnChange } from "./guests/aliases.ts";
import type { Guest } from "./guests/guest.ts";
import { reference } from "./http/forms.ts";
import { addressAsInvited, type Invitation } from "./invitations/invitation.ts";
import type { InvitationNotice } from "./invitations/invitations.ts";
import { addressesChangedMail, ownAddressesChangedMail } from "./mail/addresses-changed.ts";
import { administratorAlertMail, type MailedAlert } from "./mail/administrator-alert.ts";
import { administratorNoticeMail } from "./mail/administrator-notice.ts";
import { invitationMail } from "./mail/invitation.ts";
import type { MailContent } from "./mail/mail.ts";
import { newAddressMail } from "./mail/new-address.ts";
import { notAdmittedMail } from "./mail/not-admitted.ts";
import { passcodeMail } from "./mail/passcode.ts";
import { passkeyChangedMail } from "./mail/passkey-changed.ts";
import { reverificationReminderMail } from "./mail/reverification-reminder.ts";
import { type MailSetting, type Sender, senderIn } from "./mail/sender.ts";
import { sponsorRequestMail } from "./mail/sponsor-request.ts";
import { namesCode } from "./outbox/otp-token.ts";
import type { Draft } from "./outbox/outbox.ts";
import type { PasskeyNotice } from "./passkeys/passkeys.ts";
import type { Reminder } from "./reverification/reminders.ts";
import type { NewAddressMail } from "./sign-in/new-address.ts";
import type { SignInMail } from "./sign-in/sign-in.ts";
import { chooseLanguage, type Texts } from "./texts/texts.ts";

export interface DraftDeps {
  config: Config;
  texts: Texts;
  clock: Clock;
}

/** The application's choice decides the language, then the guest's own, then the browser's. */
export function signInDraft(mail: SignInMail, { config, texts, clock }: DraftDeps): Draft {
  const { interaction, application, applicationLanguage, language: screens, userAgent, country } = mail.context;
  const language = applicationLanguage ?? chooseLanguage(texts.languages, [mail.locale ?? screens, screens]);
  const setting = settingOf(
    senderIn(language, texts, config),
    application.name,
    application.policy.supportAddress,
    application.policy.colour,
  );
  const asked = { at: clock.now(), userAgent, country, reference: reference(interaction) };
  const base = {
    id: mail.passcodeId,
    kind: mail.kind,
    priority: "code" as const,
    recipient: mail.recipient,
    byVisitor: mail.byVisitor,
    expiresAt: mail.expiresAt,
  };
  const link = `${config.issuer}/interaction/${interaction}#code=${mail.code}`;
  const withCode = passcodeMail({ code: mail.code, minutes: config.passcode.minutes, link, asked }, setting);
  const withoutCode = notAdmittedMail({ asked }, setting);
  // Both are written, and the shorter one is padded: the time to store and send it reveals nothing about which one it was.
  if (mail.kind === "not-admitted") return { ...base, content: asLongAs(withCode, withoutCode) };
  const otp = namesCode(config) ? { otp: { code: mail.code, origin: config.issuer } } : {};
  return { ...base, content: { ...asLongAs(withoutCode, withCode), ...otp } };
}

/** Pads the HTML with blanks at its end, which no mail program shows. */
function asLongAs(other: MailContent, content: MailContent): MailContent {
  const missing = Math.max(0, lengthOf(other) - lengthOf(content));
  return { ...content, html: `${content.html}${`${" ".repeat(63)}\n`.repeat(Math.round(missing / 64))}` };
}

/** In bytes. */
function lengthOf({ subject, text, html }: MailContent): number {
  return Buffer.byteLength(`${subject}${text}${html}`);
}

export function invitationDraft(notice: InvitationNotice, deps: DraftDeps): Draft {
  return notice.kind === "invitation" ? toGuest(notice, deps) : toSponsor(notice, deps);
}

/** Once it is redeemed, its redemption date means nothing: the mail names none, and is tried for two days. */
function toGuest({ invitation, link }: InvitationNotice, { config, texts, clock }: DraftDeps): Draft {
  const sender = senderIn(chooseLanguage(texts.languages, localesOf(invitation.guestLocale)), texts, config);
  const { sponsorName, sponsorEmail, message, label, address, redeemedAt, accessEndsAt } = invitation;
  const redeemBy = redeemedAt === null ? invitation.redeemBy : undefined;
  const expiresAt = redeemBy ?? clock.now() + 2 * day;
  const data = {
    sponsor: nameOf(sponsorName, sponsorEmail) ?? config.organisation,
    sponsorAddress: sponsorEmail ?? undefined,
    unchecked: sponsorName !== null && sponsorEmail === null,
    message: message ?? undefined,
    target: label ?? undefined,
    address,
    link,
    redeemBy,
    accessUntil: accessEndsAt ?? undefined,
  };
  const content = invitationMail(
    data,
    settingOf(sender, invitation.applicationName, invitation.applicationSupport, invitation.applicationColour),
  );
  return { kind: "invitation", priority: "invitation", recipient: address, expiresAt, content };
}

/** A name that reads like an address could be mistaken for the one to ask. */
function nameOf(name: string | null, address: string | null): string | null {
  return name === null || (address !== null && name.normalize("NFKC").includes("@")) ? address : name;
}

/** The sponsor's language is not known: English. */
function toSponsor({ invitation }: InvitationNotice, { config, texts, clock }: DraftDeps): Draft {
  const { label, targetUrl, sponsorEmail } = invitation;
  const guest = addressAsInvited(invitation);
  const data = { guest, target: label ?? undefined, ended: endOf(invitation), link: targetUrl ?? config.issuer };
  const sender = senderIn("en", texts, config);
  const content = sponsorRequestMail(
    data,
    settingOf(sender, invitation.applicationName, invitation.applicationSupport, invitation.applicationColour),
  );
  const expiresAt = clock.now() + 2 * day;
  return { kind: "sponsor-request", priority: "notice", byVisitor: true, recipient: sponsorEmail ?? "", expiresAt, content };
}

/** @param own if the guest made the change */
export function addressesChangedDraft(
  guest: Guest,
  recipient: string,
  own: OwnChange | undefined,
  { config, texts, clock }: DraftDeps,
): Draft {
  const sender = senderIn(chooseLanguage(texts.languages, localesOf(guest.locale)), texts, config);
  const content =
    own === undefined
      ? addressesChangedMail(sender)
      : ownAddressesChangedMail(
          {
            kind: own.kind,
            address: own.address,
            undo: own.link && { link: `${config.issuer}/account/undo/${own.link.token}`, until: own.link.until },
          },
          sender,
        );
  return { kind: "addresses-changed", priority: "notice", recipient, expiresAt: clock.now() + 2 * day, content };
}

/** A code to an address that a guest wants to add. Its owner is not known. */
export function newAddressDraft(mail: NewAddressMail, { config, texts, clock }: DraftDeps): Draft {
  const { id, code, recipient, expiresAt, asked, language } = mail;
  const data = {
    code,
    minutes: config.passcode.minutes,
    asked: { at: clock.now(), userAgent: asked.userAgent, country: asked.country, reference: reference(mail.request) },
  };
  const content = newAddressMail(data, senderIn(chooseLanguage(texts.languages, [language]), texts, config));
  return { id, kind: "passcode", priority: "code", recipient, byVisitor: true, expiresAt, content };
}

export function passkeyDraft({ about, mailbox, device, at, token }: PasskeyNotice, { config, texts, clock }: DraftDeps): Draft {
  const sender = senderIn(chooseLanguage(texts.languages, localesOf(mailbox.locale)), texts, config);
  const link = token === undefined ? undefined : `${config.issuer}/passkeys/${token}`;
  const content = passkeyChangedMail({ device, at, link }, sender);
  return { kind: `passkey-${about}`, priority: "notice", recipient: mailbox.address, expiresAt: clock.now() + 2 * day, content };
}

/** The administrators' language is not known: English. */
export function alertDraft(alert: MailedAlert, recipient: string, { config, texts, clock }: DraftDeps): Draft {
  const content = administratorAlertMail(alert, senderIn("en", texts, config));
  return { kind: "administrator-alert", priority: "notice", byVisitor: true, recipient, expiresAt: clock.now() + 2 * day, content };
}

/** The administrators' language is not known: English. */
export function administratorDraft({ to, ...notice }: AdministratorNotice, { config, texts, clock }: DraftDeps): Draft {
  const content = administratorNoticeMail(notice, senderIn("en", texts, config));
  return { kind: "administrator-notice", priority: "notice", recipient: to, expiresAt: clock.now() + 2 * day, content };
}

/**
 * Past the deadline it is pointless: the guest is asked for a code anyway.
 * @param off the token of the link that switches reminders off
 */
export function reminderDraft({ application, guest, address, deadline }: Reminder, off: string, { config, texts }: DraftDeps): Draft {
  const sender = senderIn(chooseLanguage(texts.languages, localesOf(guest.locale)), texts, config);
  const link = `${config.issuer}/reverification/${encodeURIComponent(application.clientId)}`;
  const data = { mailbox: address, days: deadline.rule.days, deadline: deadline.at, link };
  const content = reverificationReminderMail(
    data,
    settingOf(sender, application.name, application.policy.supportAddress, application.policy.colour),
  );
  return {
    kind: "reverification-reminder",
    priority: "reminder",
    recipient: address,
    expiresAt: deadline.at,
    content: { ...content, unsubscribe: `${config.issuer}/reminders/${off}` },
  };
}

/** The address for help with an application: the application's own if it has one, otherwise the operator's. */
export function settingOf(sender: Sender, application: string, supportAddress: string | null, colour: string | null = null): MailSetting {
  const support = parseAddress(supportAddress ?? "")?.typed ?? sender.support;
  return { ...sender, support, application, ...(colour === null ? {} : { colour }) };
}

function endOf({ revokedAt, accessEndsAt, redeemBy, redeemedAt }: Invitation): { how: "expired" | "revoked"; at: number } {
  if (revokedAt !== null) return { how: "revoked", at: revokedAt };
  return { how: "expired", at: redeemedAt === null ? redeemBy : (accessEndsAt ?? redeemBy) };
}

function localesOf(locale: string | null): string[] {
  return locale === null ? [] : [locale];
}
