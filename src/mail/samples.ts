// Every mail with made-up content, to look at: guestpass mail preview writes them out.
import type { Texts } from "../texts/texts.ts";
import { addressesChangedMail, ownAddressesChangedMail } from "./addresses-changed.ts";
import { administratorAlertMail } from "./administrator-alert.ts";
import { invitationMail } from "./invitation.ts";
import type { MailContent } from "./mail.ts";
import { newAddressMail } from "./new-address.ts";
import { notAdmittedMail } from "./not-admitted.ts";
import { passcodeMail } from "./passcode.ts";
import { passkeyChangedMail } from "./passkey-changed.ts";
import { reverificationReminderMail } from "./reverification-reminder.ts";
import { type MailSetting, type Sender, senderIn } from "./sender.ts";
import { sponsorRequestMail } from "./sponsor-request.ts";

const application = "Acme Files";
const guest = "ada@example.com";
const issuer = "https://guests.example.com";
const at = Date.UTC(2026, 10, 24, 9, 5);
const day = 24 * 60 * 60 * 1000;

const asked = {
  at,
  userAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
  country: "GB",
  reference: "7K3P",
};
const failure = { auditRows: 18_204, since: at, reply: "550 5.1.1", command: `guestpass guest show ${guest}` };

/** Name -> the mail about an application. */
const ofApplication: Record<string, (setting: MailSetting) => MailContent> = {
  passcode: (setting) =>
    passcodeMail({ code: "482913", minutes: 10, link: `${issuer}/interaction/vT8mWq2rXkYd4LpZ0sNhB#code=482913`, asked }, setting),
  "not-admitted": (setting) => notAdmittedMail({ asked }, setting),
  invitation: (setting) =>
    invitationMail(
      {
        sponsor: "Grace Hopper",
        sponsorAddress: "grace@example.org",
        unchecked: false,
        message: "Hello Ada,\n\nhere are the drawings that we talked about.\nTell me if anything is missing!",
        target: "Drawings of the engine (2026)",
        address: guest,
        link: `${issuer}/invitations/Zr1vT8mWq2rXkYd4LpZ0sNhBq7`,
        redeemBy: at + 14 * day,
        accessUntil: at + 90 * day,
      },
      setting,
    ),
  "reverification-reminder": (setting) =>
    reverificationReminderMail({ mailbox: guest, days: 14, deadline: at + 3 * day, link: `${issuer}/reverification/acme-files` }, setting),
  "sponsor-request": (setting) =>
    sponsorRequestMail(
      {
        guest,
        target: "Drawings of the engine (2026)",
        ended: { how: "expired", at: at - 2 * day },
        link: "https://files.example.com/sharing",
      },
      setting,
    ),
};

/** Name -> the mail that is about no application. */
const ofOrganisation: Record<string, (sender: Sender) => MailContent> = {
  "addresses-changed": addressesChangedMail,
  "own-addresses-changed": (sender) =>
    ownAddressesChangedMail(
      {
        kind: "added",
        address: "ada@example.net",
        undo: { link: `${issuer}/account/undo/Zr1vT8mWq2rXkYd4LpZ0sN.q7hB`, until: at + 7 * day },
      },
      sender,
    ),
  "new-address": (sender) => newAddressMail({ code: "482913", minutes: 10, asked }, sender),
  "passkey-added": (sender) =>
    passkeyChangedMail(
      { device: asked.userAgent, at, link: `${issuer}/passkeys/0b7b2f6e-51f5-4c40-a1b5-2f7a3f0b1c11.kq3Zc0bZ1kF2` },
      sender,
    ),
  "passkey-removed": (sender) => passkeyChangedMail({ device: asked.userAgent, at, link: undefined }, sender),
  "alert-mailbox-dead": (sender) =>
    administratorAlertMail({ ...failure, alert: "mailbox-dead", guest: "Ada Lovelace", mailbox: guest }, sender),
  "alert-guest-suspended": (sender) =>
    administratorAlertMail({ ...failure, alert: "guest-suspended", guest: "Ada Lovelace", mailbox: guest }, sender),
  "alert-route-down": (sender) =>
    administratorAlertMail(
      { ...failure, alert: "route-down", server: "smtp.example.com:465", reply: "ECONNREFUSED", command: "guestpass mail routes" },
      sender,
    ),
  "alert-mails-refused": (sender) =>
    administratorAlertMail(
      { ...failure, alert: "mails-refused", server: "mx.example.com", mails: 10, command: "guestpass mail list --state failed" },
      sender,
    ),
  "alert-mail-complaint": (sender) => administratorAlertMail({ ...failure, alert: "mail-complaint", mailbox: guest }, sender),
  "alert-postmaster-mail": (sender) => administratorAlertMail({ ...failure, alert: "postmaster-mail" }, sender),
  "alert-mails-parked": (sender) =>
    administratorAlertMail({ ...failure, alert: "mails-parked", mails: 3, command: "guestpass mail list --state parked" }, sender),
};

export interface SampleMail extends MailContent {
  name: string;
}

/** Those with an application's look. */
export function applicationMails(setting: MailSetting): SampleMail[] {
  return Object.entries(ofApplication).map(([name, write]) => ({ name, ...write(setting) }));
}

/** Every mail in every language. */
export function sampleMails(texts: Texts, config: Parameters<typeof senderIn>[2]): SampleMail[] {
  return texts.languages.flatMap((language) => {
    const sender = senderIn(language, texts, config);
    const others = Object.entries(ofOrganisation).map(([name, write]) => ({ name, ...write(sender) }));
    return [...applicationMails({ ...sender, application }), ...others];
  });
}
