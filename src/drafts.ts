// What the features want mailed, written out for the outbox: which mail, in which language, for how long.
import type { Application } from "./applications/application.ts";
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
  const setting = settingOf(application, language, config, texts);
  const base = { kind: mail.kind, recipient: mail.recipient, expiresAt: mail.expiresAt };
  if (mail.kind === "not-admitted") return { ...base, subjectId: mail.passcodeId, content: notAdmittedMail(setting) };
  const content = passcodeMail(setting, {
    code: mail.code,
    minutes: config.passcode.minutes,
    reference: reference(secrets.forms, interaction),
    link: `${config.issuer}/interaction/${interaction}#code=${mail.code}`,
  });
  return { ...base, subjectId: mail.passcodeId, content };
}
