// What mail servers write about mail to ada@example.com that they could not deliver: the form is theirs, the names are made up.

import type { Report } from "../../src/bounces/report.ts";

interface Notification {
  /** The MTA, and what it says. */
  from: string;
  raw: string;
}

const returned = `Return-Path: <b-0@bounce.idp.example>
From: Guest access <guests@idp.example>
To: ada@example.com
Subject: Your code for Files
Auto-Submitted: auto-generated`;

/** The mailbox is not there, or takes nothing: what has to mark it. @returns the notification, and the mark */
export const failures: (Notification & { status: string; reason: RegExp })[] = [
  {
    from: "Postfix",
    status: "5.1.1",
    reason:
      /^host mx\.example\.com\[192\.0\.2\.25\] said: <…@example\.com>: Recipient address rejected: User unknown in local recipient table/,
    raw: `From: MAILER-DAEMON@relay.idp.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: b-0@bounce.idp.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4A1B2C3D4E.1764000000/relay.idp.example"
Content-Transfer-Encoding: 8bit

This is a MIME-encapsulated message.

--4A1B2C3D4E.1764000000/relay.idp.example
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

This is the mail system at host relay.idp.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<ada@example.com>: host mx.example.com[192.0.2.25] said: 550 5.1.1
    <ada@example.com>: Recipient address rejected: User unknown in local
    recipient table (in reply to RCPT TO command)

--4A1B2C3D4E.1764000000/relay.idp.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.idp.example
X-Postfix-Queue-ID: 4A1B2C3D4E
X-Postfix-Sender: rfc822; b-0@bounce.idp.example
Arrival-Date: Tue, 24 Nov 2026 09:00:00 +0000 (UTC)

Final-Recipient: rfc822; ada@example.com
Original-Recipient: rfc822;ada@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; host mx.example.com[192.0.2.25] said: 550 5.1.1
    <ada@example.com>: Recipient address rejected: User unknown in local
    recipient table

--4A1B2C3D4E.1764000000/relay.idp.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

${returned}

--4A1B2C3D4E.1764000000/relay.idp.example--
`,
  },
  {
    from: "Exim, which says 5.0.0 and quotes the reply",
    status: "5.1.1",
    reason: /^<…@example\.com> : Recipient address rejected: undeliverable address$/,
    raw: `X-Failed-Recipients: ada@example.com
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@relay.idp.example>
To: b-0@bounce.idp.example
References: <1@idp.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=1764000000-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender

--1764000000-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ada@example.com
    host mx.example.com [192.0.2.25]
    SMTP error from remote mail server after RCPT TO:<ada@example.com>:
    550 5.1.1 <ada@example.com>: Recipient address rejected: undeliverable address

--1764000000-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; relay.idp.example

Action: failed
Final-Recipient: rfc822;ada@example.com
Status: 5.0.0
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 <ada@example.com> : Recipient address rejected: undeliverable address

--1764000000-eximdsn-1804289383
Content-type: message/rfc822

${returned}

--1764000000-eximdsn-1804289383--
`,
  },
  {
    from: "Exchange Online",
    status: "5.1.10",
    reason: /^RESOLVER\.ADR\.RecipientNotFound; Recipient not found by SMTP address lookup$/,
    raw: `MIME-Version: 1.0
From: <postmaster@outlook.example>
To: <b-0@bounce.idp.example>
Content-Type: multipart/report; report-type=delivery-status;
	boundary="5ff2a9a5-1c5c-4d6e-9a0c-000000000001"
Content-Language: en-US
Subject: Undeliverable: Your code for Files
Auto-Submitted: auto-replied

--5ff2a9a5-1c5c-4d6e-9a0c-000000000001
Content-Type: multipart/alternative; differences=Content-Type;
	boundary="5ff2a9a5-1c5c-4d6e-9a0c-000000000002"

--5ff2a9a5-1c5c-4d6e-9a0c-000000000002
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to ada@example.com couldn't be delivered.

--5ff2a9a5-1c5c-4d6e-9a0c-000000000002
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<html><body><p>Your message to <b>ada@example.com</b> couldn't be delivered.</p></body></html>

--5ff2a9a5-1c5c-4d6e-9a0c-000000000002--

--5ff2a9a5-1c5c-4d6e-9a0c-000000000001
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01MB0001.eurprd01.prod.outlook.example
Received-From-MTA: dns;relay.idp.example
Arrival-Date: Tue, 24 Nov 2026 09:00:00 +0000

Final-Recipient: rfc822;ada@example.com
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
X-Display-Name: ada@example.com

--5ff2a9a5-1c5c-4d6e-9a0c-000000000001
Content-Type: message/rfc822

${returned}

--5ff2a9a5-1c5c-4d6e-9a0c-000000000001--
`,
  },
  {
    from: "Gmail",
    status: "5.1.1",
    reason:
      /^The email account that you tried to reach does not exist\. Please try double-checking the recipient's email address for typos/,
    raw: `From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>
To: b-0@bounce.idp.example
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
MIME-Version: 1.0
Content-Type: multipart/report; boundary="0000000000008b1b1a0600000000"; report-type=delivery-status

--0000000000008b1b1a0600000000
Content-Type: multipart/related; boundary="0000000000008b2b1a0600000001"

--0000000000008b2b1a0600000001
Content-Type: multipart/alternative; boundary="0000000000008b2b1a0600000002"

--0000000000008b2b1a0600000002
Content-Type: text/plain; charset="UTF-8"

** Address not found **

Your message wasn't delivered to ada@example.com because the address
couldn't be found, or is unable to receive mail.

--0000000000008b2b1a0600000002--
--0000000000008b2b1a0600000001--
--0000000000008b1b1a0600000000
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.example
Arrival-Date: Tue, 24 Nov 2026 01:00:00 -0800 (PST)
X-Original-Message-ID: <1@idp.example>

Final-Recipient: rfc822; ada@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.example. (192.0.2.26, the server for the domain example.com.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550-5.1.1 double-checking the recipient's email address for typos or
 550 5.1.1 unnecessary spaces. - gsmtp
Last-Attempt-Date: Tue, 24 Nov 2026 01:00:01 -0800 (PST)

--0000000000008b1b1a0600000000
Content-Type: message/rfc822

${returned}

--0000000000008b1b1a0600000000--
`,
  },
  {
    from: "an MTA of internationalised mail (RFC 6533), in base64",
    status: "5.2.1",
    reason: /^The account is disabled$/,
    raw: `From: MAILER-DAEMON@mx.example.com
To: b-0@bounce.idp.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type=global-delivery-status; boundary=x

--x
Content-Type: text/plain

Not delivered.

--x
Content-Type: message/global-delivery-status
Content-Transfer-Encoding: base64

${Buffer.from(
  "Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: utf-8; ada@example.com\r\nAction: failed\r\nStatus: 5.2.1\r\nDiagnostic-Code: smtp; 550 5.2.1 The account is disabled\r\n",
).toString("base64")}

--x--
`,
  },
];

/** What a notification says of an address that is not there. */
export function failedFor(finalRecipient: string): Report {
  const diagnostic = "smtp; 550 5.1.1 no such user";
  return { finalRecipient, originalRecipient: undefined, action: "failed", status: "5.1.1", diagnostic, server: "mx.example.com" };
}

const report = (recipientFields: string, about = "") => `From: MAILER-DAEMON@mx.example.com
To: b-0@bounce.idp.example
Subject: ${about}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: text/plain

${about}

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; ada@example.com
${recipientFields}

--x--
`;

/** What comes back and says nothing against the mailbox. */
export const otherwise: Notification[] = [
  {
    from: "Exim, for a domain that is not there",
    raw: `From: Mail Delivery System <Mailer-Daemon@relay.idp.example>
To: b-0@bounce.idp.example
Content-Type: multipart/report; report-type=delivery-status; boundary=1764000001-eximdsn-1
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender

--1764000001-eximdsn-1
Content-type: text/plain; charset=us-ascii

  ada@example.com
    Unrouteable address

--1764000001-eximdsn-1
Content-type: message/delivery-status

Reporting-MTA: dns; relay.idp.example

Action: failed
Final-Recipient: rfc822;ada@example.com
Status: 5.0.0

--1764000001-eximdsn-1--
`,
  },
  {
    from: "RFC 3464, appendix E.1",
    raw: `From: Mail Delivery Subsystem <MAILER-DAEMON@CS.UTK.EDU>
To: <b-0@bounce.idp.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
      boundary="RAA14128.773615765/CS.UTK.EDU"
Subject: Returned mail: Cannot send message for 5 days

--RAA14128.773615765/CS.UTK.EDU

The original message was received at Sat, 2 Jul 1994 17:10:28 -0400
from root@localhost

   ----- The following addresses had delivery problems -----
<ada@example.com>  (unrecoverable error)

--RAA14128.773615765/CS.UTK.EDU
content-type: message/delivery-status

Reporting-MTA: dns; cs.utk.edu

Original-Recipient: rfc822;ada@example.com
Final-Recipient: rfc822;ada@example.com
Action: failed
Status: 5.0.0 (permanent failure)

--RAA14128.773615765/CS.UTK.EDU
content-type: message/rfc822

[original message goes here]

--RAA14128.773615765/CS.UTK.EDU--
`,
  },
  {
    from: "Postfix, still trying",
    raw: report("Action: delayed\nStatus: 4.4.1\nDiagnostic-Code: X-Postfix; connection timed out", "Delayed"),
  },
  { from: "Postfix, after 5 days", raw: report("Action: failed\nStatus: 4.4.1\nDiagnostic-Code: X-Postfix; connection timed out") },
  { from: "Exim, after 5 days", raw: report("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 451 4.7.1 greylisted") },
  {
    from: "Gmail, for the sender's sake",
    raw: report("Action: failed\nStatus: 5.7.26\nDiagnostic-Code: smtp; 550-5.7.26 not authenticated"),
  },
  { from: "Exim, for the content's sake", raw: report("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 554 looks like spam") },
  { from: "Exchange, for the size's sake", raw: report("Action: failed\nStatus: 5.2.3\nDiagnostic-Code: smtp; 552 5.2.3 too large") },
  { from: "an MTA that delivered it", raw: report("Action: delivered\nStatus: 2.1.5") },
  { from: "an MTA that passed it on", raw: report("Action: relayed\nStatus: 2.0.0") },
  {
    from: "an MTA that speaks of mx 5.1.1.1 and no status",
    raw: report("Action: failed\nStatus: 4.0.0\nDiagnostic-Code: smtp; host 5.1.1.1"),
  },
  {
    from: "a guest who is on holiday",
    raw: "From: ada@example.com\nTo: b-0@bounce.idp.example\nAuto-Submitted: auto-replied\nSubject: Away\n\nStatus: 5.1.1\nAction: failed\n",
  },
];

/** What no mail server should write. */
export const malformed: Notification[] = [
  { from: "nothing", raw: "" },
  { from: "no header", raw: "\r\n\r\nhello\r\n" },
  { from: "no boundary", raw: "Content-Type: multipart/report; report-type=delivery-status\n\n--x\nAction: failed\nStatus: 5.1.1\n" },
  { from: "no status", raw: report("Action: failed") },
  { from: "no action", raw: report("Status: 5.1.1") },
  { from: "a status that is not valid", raw: report("Action: failed\nStatus: 5.1.1.1.1") },
  { from: "fields without names", raw: report(":failed\n: 5.1.1\n\u0000\u0001\n") },
  { from: "random bytes", raw: Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256)).toString("latin1") },
  { from: "one endless line", raw: report(`Action: failed\nStatus: ${"5.".repeat(50_000)}`) },
  { from: "white space", raw: report(`Action: failed\n${" ".repeat(100_000)}\n${"\n".repeat(50_000)}`) },
  { from: "a header without an end", raw: `To: ${"a,".repeat(50_000)}\n${report("Action: failed\nStatus: 5.1.1")}` },
  {
    from: "many parts",
    raw: `Content-Type: multipart/report; boundary=x\n\n${"--x\nContent-Type: message/delivery-status\n\n".repeat(3000)}`,
  },
  {
    from: "parts in parts",
    raw: Array.from({ length: 1500 }, (_, depth) => `Content-Type: multipart/mixed; boundary=x${depth}\n\n--x${depth}\n`).join(""),
  },
];
