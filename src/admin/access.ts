// Answers "Why can't this guest get in?" in one sentence, with the rule and the remedy.
import { z } from "zod";
import type { Access, AccessExplainer } from "../admission/access.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { notFound } from "../api/problem.ts";
import type { Application } from "../applications/application.ts";
import type { Applications } from "../applications/applications.ts";
import { type Clock, minute } from "../clock.ts";
import type { Address } from "../guests/address.ts";
import type { Guests } from "../guests/guests.ts";
import type { Rule } from "../reverification/deadline.ts";
import { AddressText, Identifier, time } from "./fields.ts";
import { readGuest, subParam } from "./guest-access.ts";
import { exampleGuest } from "./guest-results.ts";

export interface AccessOperationDeps {
  access: AccessExplainer;
  applications: Applications;
  guests: Guests;
  clock: Clock;
}

const reasons = [
  "admitted",
  "due",
  "suspended",
  "record-ended",
  "domain",
  "other-address",
  "not-invited",
  "invitation-expired",
  "access-ended",
  "invitation-revoked",
  "not-a-guest",
  "mailbox-refuses",
  "limit",
] as const;

const AccessResult = z
  .object({
    outcome: z
      .enum(["admitted", "due", "refused"])
      .describe("due: the guest gets in by entering a new code; refused: somebody has to act first"),
    reason: z.enum(reasons).describe("The first obstacle, in the order in which a sign-in checks"),
    sentence: z.string().describe("For an administrator, in English"),
    rule: z.string().describe("The deciding rule, in English"),
    remedy: z
      .object({
        words: z.string(),
        operation: z.string().nullable().describe("The operation of this API that fixes it; null if there is none"),
      })
      .nullable()
      .describe("null if there is nothing to fix"),
    sub: z.string().nullable().describe("null for an address that belongs to no guest"),
    address: z.string().nullable().describe("The address concerned"),
    invitation: z.string().nullable().describe("The invitation concerned"),
    domain_rule: z
      .object({
        domain: z.string(),
        source: z.enum(["settings", "application"]),
        list: z.enum(["deny", "allow"]),
        pattern: z.string().nullable(),
      })
      .nullable()
      .describe("The list that refuses the domain. deny: `pattern` is the entry that matches. allow: no entry matches"),
    at: z.iso.datetime().nullable().describe("When the refusal began, or access ended; for limit and admitted, when it will end"),
  })
  .meta({ id: "AccessExplanation" });

type Shown = z.output<typeof AccessResult>;

export function accessOperations(deps: AccessOperationDeps): AnyOperation[] {
  const { access, applications, guests, clock } = deps;
  return [
    operation({
      id: "explainAccess",
      method: "post",
      path: "/access/explain",
      summary: "Explain why a guest or an unknown address can or cannot sign in to an application",
      details: "Nothing is changed or counted. The address is in the body, so that it appears in no log.",
      scope: "guests:read",
      own: false,
      body: z
        .strictObject({
          email: AddressText.optional().describe("The address entered at sign-in"),
          sub: subParam.optional(),
          client_id: Identifier,
        })
        .refine(({ email, sub }) => (email === undefined) !== (sub === undefined), {
          message: "give either email or sub",
          path: ["email"],
        }),
      result: AccessResult,
      status: 200,
      problems: [404],
      example: { body: { email: "ada@example.com", client_id: "files" }, result: exampleAccess },
      run: async ({ body: { email, sub, client_id: clientId } }) => {
        const application = await applications.read(clientId);
        if (!application) throw notFound("application");
        const known = sub ?? (await guests.findOwner(email as Address))?.sub;
        const guest = known === undefined ? undefined : await readGuest({ guests }, known);
        const found = await access.explain(application, guest ? { guest, address: email } : { address: email as Address });
        const who = email?.typed ?? guest?.email ?? "";
        const shown = show(found, { who, application, now: clock.now() });
        return { status: 200, body: { ...nothing, sub: guest?.sub ?? null, address: email?.typed ?? null, ...shown } };
      },
    }),
  ];
}

const nothing = { remedy: null, invitation: null, domain_rule: null, at: null };

interface About {
  /** The address as it is typed, or the guest's primary one. */
  who: string;
  application: Application;
  now: number;
}

type Told = Pick<Shown, "outcome" | "reason" | "sentence" | "rule"> & Partial<Shown>;

function show(found: Access, { who, application, now }: About): Told {
  const { name } = application;
  const opensTo = opensToWhom[application.admission].replace("{}", name);
  switch (found.reason) {
    case "admitted": {
      const { at, rule, end } = found.right.deadline;
      return {
        outcome: "admitted",
        reason: "admitted",
        sentence: `${who} has access to ${name} until ${inWords(at)}.`,
        rule: end ? `Then the ${end.source === "guest" ? "guest's record" : "invitation's access"} ends.` : `Then ${proofRule(rule)}`,
        address: found.right.address,
        at: time(at),
      };
    }
    case "due":
      return {
        outcome: "due",
        reason: "due",
        sentence: found.rule
          ? `${who} gets in to ${name} by entering one code, because the mailbox of ${found.address} must be proven again.`
          : `${who} gets in to ${name} by entering one code, sent to ${found.address}, because that mailbox has not been proven yet.`,
        rule: found.rule ? capital(proofRule(found.rule)) : opensTo,
        address: found.address,
      };
    case "suspended":
      return {
        ...refused("suspended"),
        sentence: `${who} is suspended${found.why === null ? "" : `: ${found.why}`}.`.replace(/\.\.$/, "."),
        rule: "A suspended guest has no access to any application.",
        remedy: { words: "Resume the guest.", operation: "resumeGuest" },
      };
    case "record-ended":
      return {
        ...refused("record-ended"),
        sentence: `The record of ${who} ended on ${inWords(found.at)}.`,
        rule: "A guest whose record has ended has no access to any application.",
        remedy: { words: "Change when the record ends.", operation: "updateGuest" },
        at: time(found.at),
      };
    case "domain": {
      const whose = found.rule.source === "settings" ? "the settings, for every application" : name;
      const mended = found.rule.source === "settings" ? "updateSettings" : "updateApplication";
      return {
        ...refused("domain"),
        sentence: `${found.domain}, the domain of ${found.address}, may not sign in to ${name}.`,
        rule:
          found.rule.list === "deny"
            ? `${found.rule.pattern} is on the list of refused domains of ${whose}.`
            : `It is not on the list of allowed domains of ${whose}.`,
        remedy: { words: `Allow ${found.domain}.`, operation: mended },
        address: found.address,
        domain_rule: { domain: found.domain, ...found.rule },
      };
    }
    case "other-address":
      return {
        ...refused("other-address"),
        sentence: `The invitation to ${name} was sent to ${found.invitation.address}, which is not the mailbox of ${found.address}.`,
        rule: "An invitation requires proof of the mailbox that it was sent to.",
        remedy: { words: `Sign in as ${found.invitation.address}, or invite ${found.address}.`, operation: "createInvitation" },
        address: found.address,
        invitation: found.invitation.id,
      };
    case "not-invited":
      return {
        ...refused("not-invited"),
        sentence: `${who} is not invited to ${name}.`,
        rule: opensTo,
        remedy: { words: "Invite the guest.", operation: "createInvitation" },
      };
    case "invitation-over":
      return {
        ...overInvitation(found, who, name),
        address: found.invitation.address,
        invitation: found.invitation.id,
        at: time(found.at),
      };
    case "not-a-guest":
      return {
        ...refused("not-a-guest"),
        sentence: `No guest in the directory has the address ${who}.`,
        rule: opensTo,
        remedy: { words: "Record the guest.", operation: "createGuest" },
      };
    case "mailbox-refuses":
      return {
        ...refused("mailbox-refuses"),
        sentence: `Codes do not reach ${found.address}. Since ${inWords(found.since)} its mail server says "${found.words}".`,
        rule: "Only entering a code proves a mailbox. A correct code clears the mark.",
        remedy: { words: "Have the mailbox repaired and another code requested, or add another address.", operation: "addAlias" },
        address: found.address,
        at: time(found.since),
      };
    case "limit":
      return {
        ...refused("limit"),
        sentence: `Too many attempts: an unknown browser gets no code for ${found.address} in the next ${minutes(found.wait)}.`,
        rule: `The limit ${found.limit} is used up. A browser in which the guest has signed in before has its own limit.`,
        remedy: { words: `Wait until ${inWords(now + found.wait)}.`, operation: null },
        address: found.address,
        at: time(now + found.wait),
      };
  }
}

function overInvitation({ over, at, invitation }: Extract<Access, { reason: "invitation-over" }>, who: string, name: string): Told {
  const rule = `${name} lets in guests with a live invitation.`;
  if (over === "revoked")
    return {
      ...refused("invitation-revoked"),
      sentence: `The invitation of ${who} to ${name} was revoked on ${inWords(at)}.`,
      rule,
      remedy: { words: "Invite the guest again.", operation: "createInvitation" },
    };
  if (over === "access-ended")
    return {
      ...refused("access-ended"),
      sentence: `The access to ${name} that ${who} was invited to ended on ${inWords(at)}.`,
      rule: "An invitation gives no access after its access has ended.",
      remedy: { words: "Change when access ends.", operation: "extendInvitation" },
    };
  return {
    ...refused("invitation-expired"),
    sentence: `The invitation of ${who} to ${name} expired on ${inWords(invitation.redeemBy)} without being used.`,
    rule,
    remedy: { words: "Extend the time in which it can be used.", operation: "extendInvitation" },
  };
}

const refused = <Reason extends Shown["reason"]>(reason: Reason) => ({ outcome: "refused" as const, reason });

const opensToWhom: Record<Application["admission"], string> = {
  invited: "{} lets in guests with a live invitation.",
  directory: "{} lets in every recorded guest.",
  domains: "{} lets in anyone who proves a mailbox at one of its allowed domains.",
  anyone: "{} lets in anyone who proves a mailbox.",
};

const rules: Record<Rule["source"], string> = {
  settings: "for everybody",
  application: "at this application",
  guest: "for this guest",
  invitation: "by the invitation",
};

function proofRule({ source, days }: Rule): string {
  return `the mailbox must be proven again: ${days === 1 ? "every day" : `every ${days} days`}, ${rules[source]}.`;
}

/** To the minute, in UTC. */
function inWords(at: number): string {
  return `${time(at).slice(0, 16).replace("T", " ")} UTC`;
}

function minutes(wait: number): string {
  const many = Math.ceil(wait / minute);
  return many === 1 ? "minute" : `${many} minutes`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const exampleAccess: Shown = {
  outcome: "refused",
  reason: "suspended",
  sentence: "ada@example.com is suspended: left the partner company.",
  rule: "A suspended guest has no access to any application.",
  remedy: { words: "Resume the guest.", operation: "resumeGuest" },
  sub: exampleGuest.sub,
  address: "ada@example.com",
  invitation: null,
  domain_rule: null,
  at: null,
};
