// The forms in which mail servers say that a mail failed: written here after theirs, filled in by a test.

interface Told {
  /** Whom it failed for. */
  to: string;
  /** Whom it was sent to at first, where that was somebody else. */
  original?: string;
  returnPath: string;
  /** The server's words, with its code. */
  diagnostic: string;
  status: string;
  /** A code that comes back with our own mail. */
  code?: string | undefined;
  /** The groups about recipients, in place of the usual one. */
  blocks?: string;
}

export interface Form {
  name: string;
  write(told: Told): string;
  address?: string;
}

const ours = (code = "123456") => `Subject: ${code} is your code for Files
OTP-Token: ${code}; origin="https://idp.example"
Auto-Submitted: auto-generated`;

/** RFC 5321, 4.1.2 */
const inQuotes = (address: string) => address.replace(/^[^@]*/, '"$&"');

const status = (
  told: Told,
  { type = "message/delivery-status", recipientType = "rfc822" } = {},
) => `From: Mail Delivery System <mailer-daemon@mx.partner.example>
To: <${told.returnPath}>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="==b1"

--==b1
Content-Type: text/plain; charset=us-ascii

Your mail could not be delivered.

--==b1
Content-Type: ${type}

Reporting-MTA: dns; mx.partner.example

${
  told.blocks ??
  `${told.original ? `Original-Recipient: rfc822; ${told.original}\n` : ""}Final-Recipient: ${recipientType}; ${told.to}
Action: failed
Status: ${told.status}
Remote-MTA: dns; mx.partner.example
Diagnostic-Code: smtp; ${told.diagnostic}`
}

--==b1
Content-Type: text/rfc822-headers

${ours(told.code)}

--==b1--
`;

const wrap = (inner: string, headers = "") => `From: gateway@mx.partner.example
Subject: [scanned] Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="==w${inner.length}"

--==w${inner.length}
Content-Type: text/plain

The gateway scanned the attached notification.

--==w${inner.length}
Content-Type: message/rfc822
${headers}
${headers ? Buffer.from(inner).toString("base64").replace(/.{76}/g, "$&\n") : inner}

--==w${inner.length}--
`;

const behind = ({ original }: Told) => (original ? `\n    (generated from ${original})` : "");

export const forms: Form[] = [
  { name: "a delivery status notification (RFC 3464)", write: (told) => status(told) },
  {
    name: "one with internationalised fields (RFC 6533)",
    write: (told) => status(told, { type: "message/global-delivery-status", recipientType: "utf-8" }),
  },
  {
    name: "one about an internationalised address",
    address: "jörg@example.com",
    write: (told) => status(told, { type: "message/global-delivery-status", recipientType: "utf-8" }),
  },
  {
    name: "one with the recipient in angle brackets and in capitals",
    write: (told) => status({ ...told, to: `<${told.to.toUpperCase()}>` }),
  },
  {
    name: "one about a recipient with an apostrophe, whom the server names",
    write: (told) => status({ ...told, diagnostic: `550 5.1.1 <${told.to}>: Recipient address rejected: User unknown` }),
    address: "grace.o'neil@example.com",
  },
  { name: "one with the local part in quotes", write: (told) => status({ ...told, to: inQuotes(told.to) }) },
  { name: "wrapped by a gateway", write: (told) => wrap(status(told)) },
  { name: "wrapped by two gateways", write: (told) => wrap(wrap(status(told))) },
  { name: "wrapped by a gateway, in base64", write: (told) => wrap(status(told), "Content-Transfer-Encoding: base64\n") },
  {
    name: "Exim's text, with X-Failed-Recipients",
    write: (told) => `X-Failed-Recipients: ${told.to}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.partner.example>
To: ${told.returnPath}
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ${told.to}${behind(told)}
    host mx.partner.example [192.0.2.25]
    SMTP error from remote mail server after RCPT TO:<${told.to}>:
    ${told.diagnostic}

------ This is a copy of the message, including all the headers. ------

${ours(told.code)}
To: ada@example.com
`,
  },
  {
    name: "Exim's text, without that header",
    write: (told) => `Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.partner.example>
Subject: Mail delivery failed: returning message to sender

A message that you sent could not be delivered to one or more of its
recipients. The following address(es) failed:

  ${told.to}${behind(told)}
    ${told.diagnostic}

------ This is a copy of the message's headers. ------

${ours(told.code)}
`,
  },
  {
    name: "qmail's text",
    write: (told) => `From: MAILER-DAEMON@mx.partner.example
To: ${told.returnPath}
Subject: failure notice

Hi. This is the qmail-send program at mx.partner.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<${told.to}>:
192.0.2.25 does not like recipient.
Remote host said: ${told.diagnostic}
Giving up on 192.0.2.25.

--- Below this line is a copy of the message.

${ours(told.code)}
To: ada@example.com
`,
  },
  {
    name: "another server's text, with X-Failed-Recipients",
    write: (told) => `Return-Path: <>
From: MAILER-DAEMON@mx.partner.example
Subject: failure notice
X-Failed-Recipients: ${told.to}
Auto-Submitted: auto-replied

Hi. This is the mail program at mx.partner.example. Your message could not be delivered
to the following address, and it will not be tried again.

<${told.to}>:
The server 192.0.2.1 refused the recipient.
It said: ${told.diagnostic}
No more tries.

--- Below this line is a copy of the message.

${ours(told.code)}
`,
  },
  {
    name: "Postfix' text, whose report a gateway took off",
    write: (told) => `From: MAILER-DAEMON@mx.partner.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender

This is the mail system at host mx.partner.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

<${told.to}>: host mx.partner.example[192.0.2.25] said: ${told.diagnostic}
    <${told.to}> (in reply to RCPT TO command)
`,
  },
  {
    name: "a text with our mail right behind it, in the order in which it was sent",
    write: (told) => `From: MAILER-DAEMON@mx.partner.example
Subject: Undelivered mail

Your message could not be delivered.

<${told.to}>: ${told.diagnostic}
${ours(told.code).split("\n").reverse().join("\n")}
`,
  },
  {
    name: "SmarterMail's text",
    write: (told) => `From: "System Administrator" <postmaster@mx.partner.example>
Subject: Delivery Failure

Could not deliver message to the following recipient(s):

Failed Recipient: ${told.to}
Reason: Remote host said: ${told.diagnostic}

   -- The header and top 20 lines of the message follows --

${ours(told.code)}
`,
  },
  {
    name: "MailEnable's text",
    write: (told) => `From: Postmaster <postmaster@mx.partner.example>
Subject: Message Delivery Failure

MailEnable: Message could not be delivered to some recipients.
The following recipient(s) could not be reached:

	[SMTP:${told.to}]: Remote server said: ${told.diagnostic}

Message headers follow:
${ours(told.code)}
`,
  },
  {
    name: "OpenSMTPD's text",
    write: (told) => `From: Mailer Daemon <MAILER-DAEMON@mx.partner.example>
Subject: Delivery status notification: error

    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

    An error has occurred while attempting to deliver a message for
    the following list of recipients:

${told.to}: ${told.diagnostic}

    Below is a copy of the original message:

${ours(told.code)}
`,
  },
  {
    name: "Courier's text",
    write: (told) => `From: "Courier mail server at mx.partner.example" <@>
Subject: NOTICE: mail delivery status.

                           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<${told.to}>:
    mx.partner.example [192.0.2.25]:
 >>> RCPT TO:<${told.to}>
 <<< ${told.diagnostic}

---------------------------------------------------------------------------
Your original message follows
${ours(told.code)}
`,
  },
  {
    name: "a table in HTML, in Chinese, in base64",
    write: (told) => `From: PostMaster@mx.partner.example
Subject: =?UTF-8?B?${Buffer.from("来自partner.example的退信").toString("base64")}?=
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

${Buffer.from(
  `<html><body><p>抱歉，您的邮件被退回来了</p><table><tr><td>收件人：</td><td>&lt;${told.to}&gt;</td></tr><tr><td>退信原因：</td><td>${told.diagnostic}</td></tr></table></body></html>`,
)
  .toString("base64")
  .replace(/.{76}/g, "$&\n")}
`,
  },
  {
    name: "a text in HTML alone",
    write: (told) => `From: Postmaster <postmaster@mx.partner.example>
Subject: Undeliverable: your message
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<html><body><p>Your message could not be delivered:</p><div>&lt;${told.to}&gt;:<br>${told.diagnostic}</div></body></html>
`,
  },
];
