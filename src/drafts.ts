// What the features want mailed, written out for the outbox: which mail, in which language, for how long.
import { day } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Guest } from "./guests/guest.ts";
import { reference } from "./http/forms.ts";
import type { InvitationMail } from "./invitations/invitations.ts";
import { addressesChangedMail, invitationMail, type MailSetting, notAdmittedMail, passcodeMail, sponsorRequestMail } from "./mail/mail.ts";
import type { Draft } from "./outbox/outbox.ts";
import type { Secrets } from "./secrets.ts";
import type { SignInMail } from "./sign-in/sign-in.ts";
import { chooseLanguage, type Texts } from "./texts.ts";

export interface DraftDeps {
  config: Config;
  texts: Texts;
  secrets: Secrets;
}

export function signInDraft(mail: SignInMail, { config, texts, secrets }: DraftDeps): Draft {
  const { interaction, application, language } = mail.context;
  const setting = settingOf(application.name, language, config, texts);
  const base = { kind: mail.kind, recipient: mail.recipient, expiresAt: mail.expiresAt };
  if (mail.kind === "not-admitted") return { ...base, subjectId: null, content: notAdmittedMail(setting) };
  const content = passcodeMail(setting, {
    code: mail.code,
    minutes: config.passcode.minutes,
    reference: reference(secrets.forms, interaction),
    link: `${config.issuer}/interaction/${interaction}#code=${mail.code}`,
  });
  return { ...base, subjectId: mail.passcodeId, content };
}

/** The guest's language is not known before they sign in: their recorded locale decides, else English. */
export function invitationDraft({ kind, invitation, link }: InvitationMail, now: number, { config, texts }: DraftDeps): Draft {
  const application = invitation.applicationName;
  if (kind === "sponsor-request") {
    const setting = settingOf(application, "en", config, texts);
    const content = sponsorRequestMail(setting, { address: invitation.address, label: invitation.label });
    return { kind, subjectId: invitation.id, recipient: invitation.sponsorEmail ?? "", expiresAt: now + 2 * day, content };
  }
  const language = chooseLanguage(texts.languages, invitation.guestLocale === null ? [] : [invitation.guestLocale]);
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(invitation.redeemBy);
  const { sponsorName: sponsor, label, message } = invitation;
  const content = invitationMail(settingOf(application, language, config, texts), { sponsor, label, message, link, redeemBy: date });
  return { kind, subjectId: invitation.id, recipient: invitation.address, expiresAt: invitation.redeemBy, content };
}

export function addressesChangedDraft(guest: Guest, recipient: string, now: number, { config, texts }: DraftDeps): Draft {
  const language = chooseLanguage(texts.languages, guest.locale === null ? [] : [guest.locale]);
  const setting = settingOf(config.organisation, language, config, texts);
  return { kind: "addresses-changed", subjectId: guest.sub, recipient, expiresAt: now + 2 * day, content: addressesChangedMail(setting) };
}

function settingOf(application: string, language: string, config: Config, texts: Texts): MailSetting {
  return { translate: texts.in(language), language, application, organisation: config.organisation };
}
