// Mails as data: (what it says, in which language) => subject, text and HTML. Nothing here sends anything.
import { type Html, html } from "../http/html.ts";
import { directionOf, type Translate } from "../texts.ts";

export interface MailContent {
  subject: string;
  text: string;
  html: string;
  /** BCP 47, for the Content-Language header. */
  language: string;
}

export interface MailSetting {
  translate: Translate;
  language: string;
  application: string;
  organisation: string;
}

/** The mail that carries a code. The code stands first, so that a notification shows it. */
export function passcodeMail(setting: MailSetting, data: { code: string; minutes: number; reference: string; link: string }): MailContent {
  const { translate, application, organisation } = setting;
  const lead = translate("mail.passcode.lead", { application });
  const minutes = translate("mail.passcode.minutes", { count: data.minutes });
  const reference = translate("mail.passcode.reference", { reference: data.reference });
  const notYou = translate("mail.passcode.not-you");
  const fillIn = translate("mail.passcode.fill-in");
  const fillInHint = translate("mail.passcode.fill-in-hint");
  const signature = translate("mail.signature", { organisation });
  return {
    subject: translate("mail.passcode.subject", { application }),
    language: setting.language,
    text: [lead, data.code, minutes, reference, `${fillIn} (${fillInHint}):\n${data.link}`, notYou, `-- \n${signature}`].join("\n\n"),
    html: document(
      setting,
      html`<p style="${paragraph}">${lead}</p>
<p style="margin:0 0 20px;font:700 34px/1.2 ui-monospace,Consolas,monospace;letter-spacing:6px" dir="ltr">${data.code}</p>
<p style="${paragraph}">${minutes}</p>
<p style="${paragraph}">${reference}</p>
<p style="${paragraph}"><a href="${data.link}" style="color:#0b57d0">${fillIn}</a><br>${fillInHint}</p>
<p style="${paragraph}">${notYou}</p>
<p style="${small}">${signature}</p>`,
    ),
  };
}

/** The mail for an address that is not let in; it goes where the code would have gone. */
export function notAdmittedMail(setting: MailSetting): MailContent {
  const { translate, application, organisation } = setting;
  const lead = translate("mail.not-admitted.lead", { application });
  const why = translate("mail.not-admitted.why");
  const notYou = translate("mail.not-admitted.not-you");
  const signature = translate("mail.signature", { organisation });
  return {
    subject: translate("mail.not-admitted.subject", { application }),
    language: setting.language,
    text: [lead, why, notYou, `-- \n${signature}`].join("\n\n"),
    html: document(
      setting,
      html`<p style="${paragraph}">${lead}</p>
<p style="${paragraph}">${why}</p>
<p style="${paragraph}">${notYou}</p>
<p style="${small}">${signature}</p>`,
    ),
  };
}

/** The mail that an invitation comes with. The sponsor's words are quoted and said to be theirs. */
export function invitationMail(
  setting: MailSetting,
  data: { sponsor: string | null; label: string | null; message: string | null; link: string; redeemBy: string },
): MailContent {
  const { translate, application, organisation } = setting;
  const who = data.sponsor ?? organisation;
  const lead =
    data.label === null
      ? translate("mail.invitation.lead", { who, application })
      : translate("mail.invitation.lead-label", { who, application, label: data.label });
  const said = data.message === null ? undefined : translate("mail.invitation.said", { who });
  const how = translate("mail.invitation.how");
  const until = translate("mail.invitation.until", { date: data.redeemBy });
  const open = translate("mail.invitation.open");
  const signature = translate("mail.signature", { organisation });
  const quoted = data.message
    ?.split(/\r?\n/)
    .map((line) => `> ${line}`)
    .join("\n");
  return {
    subject: translate("mail.invitation.subject", { who, application }),
    language: setting.language,
    text: [lead, ...(said && quoted ? [said, quoted] : []), `${open}:\n${data.link}`, how, until, `-- \n${signature}`].join("\n\n"),
    html: document(
      setting,
      html`<p style="${paragraph}">${lead}</p>
${
  said !== undefined &&
  html`<p style="${paragraph}">${said}</p>
<blockquote style="${paragraph};border-inline-start:4px solid #888;padding-inline-start:12px;white-space:pre-wrap">${data.message}</blockquote>`
}
<p style="${paragraph}"><a href="${data.link}" style="color:#0b57d0">${open}</a></p>
<p style="${paragraph}">${how}</p>
<p style="${paragraph}">${until}</p>
<p style="${small}">${signature}</p>`,
    ),
  };
}

/** A guest opened an invitation that is over and asks the sponsor for a fresh one. */
export function sponsorRequestMail(setting: MailSetting, data: { address: string; label: string | null }): MailContent {
  const { translate, application, organisation } = setting;
  const lead = translate("mail.sponsor-request.lead", { address: data.address, application });
  const about = data.label === null ? undefined : translate("mail.sponsor-request.about", { label: data.label });
  const how = translate("mail.sponsor-request.how", { application });
  return notice(setting, translate("mail.sponsor-request.subject", { application }), [lead, about, how], organisation);
}

/** ASVS 6.3.7: the old address hears that the addresses of its guest record were changed. */
export function addressesChangedMail(setting: MailSetting): MailContent {
  const { translate, organisation } = setting;
  const lead = translate("mail.addresses-changed.lead", { organisation });
  return notice(setting, translate("mail.addresses-changed.subject"), [lead, translate("mail.addresses-changed.not-you")], organisation);
}

/** A mail of nothing but sentences. */
function notice(setting: MailSetting, subject: string, sentences: (string | undefined)[], organisation: string): MailContent {
  const said = sentences.filter((sentence) => sentence !== undefined);
  const signature = setting.translate("mail.signature", { organisation });
  return {
    subject,
    language: setting.language,
    text: [...said, `-- \n${signature}`].join("\n\n"),
    html: document(
      setting,
      html`${said.map((sentence) => html`<p style="${paragraph}">${sentence}</p>`)}<p style="${small}">${signature}</p>`,
    ),
  };
}

const paragraph = "margin:0 0 16px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif";
const small = "margin:24px 0 0;font:13px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;opacity:.75";

function document({ language }: MailSetting, body: Html): string {
  return html`<!doctype html>
<html lang="${language}" dir="${directionOf(language)}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"></head>
<body style="margin:0;padding:24px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px"><tr><td align="start">
${body}
</td></tr></table>
</td></tr></table>
</body>
</html>`.toString();
}
