// Trying a sign-in at an application, without the application.
import type { Knex } from "knex";
import { z } from "zod";
import { type AnyOperation, operation } from "../api/operation.ts";
import { Problem } from "../api/problem.ts";
import type { Trials, Tried } from "../applications/trials.ts";
import type { Audit } from "../audit/audit.ts";
import { transaction } from "../database/database.ts";
import type { Guests } from "../guests/guests.ts";
import type { Logger } from "../log.ts";
import { exampleApplication } from "./application-results.ts";
import { type ApplicationOperationDeps, applicationParams, readApplication } from "./applications.ts";
import { time } from "./fields.ts";
import { exampleGuest } from "./guest-results.ts";

export interface TrialOperationDeps extends ApplicationOperationDeps {
  db: Knex;
  log: Logger;
  audit: Audit;
  guests: Guests;
  trials: Trials;
  /** Whether the console is switched on: the browser comes back there. */
  hasConsole: boolean;
}

const Begun = z.strictObject({
  url: z.string().describe("Open it in a browser that is signed in to the console, or have the guest sign in there"),
  ends_at: z.iso.datetime(),
});
const Claims = z.record(z.string(), z.unknown()).nullable();
const Finished = z.strictObject({
  outcome: z.enum(["signed-in", "refused", "not-begun-here", "over"]),
  sentence: z.string().describe("For an administrator, in English"),
  error: z.string().nullable().describe("Where it is refused: the error that the application would get"),
  sub: z.string().nullable().describe("Whose sign-in it was"),
  email: z.string().nullable(),
  id_token: Claims.describe("The claims of the ID token, whose `aud` is the trial's own client"),
  userinfo: Claims,
});
type Shown = z.output<typeof Finished>;

const nobody = { error: null, sub: null, email: null, id_token: null, userinfo: null };
const params = { client_id: exampleApplication.client_id };
const state = "guestpass-trial.AAABmrZ2.files~vJ4";

export function trialOperations(deps: TrialOperationDeps): AnyOperation[] {
  const { trials } = deps;
  const common = { method: "post" as const, scope: "applications:read", own: false, params: applicationParams, status: 200 };

  return [
    operation({
      ...common,
      id: "beginTrial",
      path: "/applications/:client_id/trial",
      summary: "Begin a sign-in that only shows which claims an application would get",
      details:
        "It is a real sign-in with the application's look, admission, rules and claims, under a client of Guestpass's own: nothing goes to the application, and no token leaves the server. It comes back to the console, for the caller alone.",
      result: Begun,
      example: {
        params,
        result: { url: "https://guests.acme.example/auth?client_id=guestpass-trial.AAABmrZ2.files", ends_at: "2026-11-24T09:00:00.000Z" },
      },
      run: async ({ caller, params: { client_id: clientId } }) => {
        if (!deps.hasConsole) throw new Problem(409, "The console is off", "A trial comes back to the console, which is switched off.");
        const { url, until } = await trials.begin(await readApplication(deps, clientId), caller.actor.who);
        return { status: 200, body: { url, ends_at: time(until) } };
      },
    }),
    operation({
      ...common,
      id: "finishTrial",
      path: "/applications/:client_id/trial/answer",
      summary: "Finish a sign-in that was tried: whose it was, and the claims",
      details: "The console calls it with what the browser came back with. Works once, for the caller who began the trial.",
      body: z.strictObject({ answer: z.string().max(4000).describe("The query with which the browser came back") }),
      result: Finished,
      example: {
        params,
        body: { answer: `code=Vn3&state=${encodeURIComponent(state)}` },
        result: {
          ...nobody,
          outcome: "signed-in" as const,
          sentence: "ada@example.com signed in to Files.",
          sub: exampleGuest.sub,
          email: "ada@example.com",
          id_token: { sub: exampleGuest.sub, amr: ["otp"] },
          userinfo: { sub: exampleGuest.sub, email: "ada@example.com", email_verified: true },
        },
      },
      run: async ({ caller, params: { client_id: clientId }, body: { answer } }) => {
        const application = await readApplication(deps, clientId);
        const tried = await trials.finish(application, new URLSearchParams(answer), caller.actor.who);
        if (tried.outcome !== "signed-in") return { status: 200, body: notSignedIn(tried, deps.log) };
        const { sub, idToken, userinfo } = tried;
        const event = { action: "application.tried" as const, by: caller.actor, clientId, guestSub: sub };
        await transaction(deps.db, (trx) => deps.audit.record(trx, event));
        const email = (await deps.guests.findBySub(sub))?.email ?? null;
        const body: Shown = {
          ...nobody,
          outcome: "signed-in",
          sentence: `${email ?? "A guest"} signed in to ${application.name}.`,
          sub,
          email,
          id_token: { ...idToken },
          userinfo: { ...userinfo },
        };
        return { status: 200, body };
      },
    }),
  ];
}

function notSignedIn(tried: Exclude<Tried, { outcome: "signed-in" }>, log: Logger): Shown {
  switch (tried.outcome) {
    case "refused":
      return { ...nobody, outcome: "refused", error: tried.error.slice(0, 100), sentence: inWords(tried.error, tried.description) };
    case "not-begun-here":
      return {
        ...nobody,
        outcome: "not-begun-here",
        sentence: "This sign-in was begun by somebody else, for another application, or too long ago.",
      };
    case "over":
      log.warn({ err: tried.cause }, "a sign-in that was tried could not be finished");
      return {
        ...nobody,
        outcome: "over",
        sentence:
          "No claims came back. This answer was probably shown already, or came too late: a code works once, for a minute. Otherwise the server's log says why.",
      };
  }
}

function inWords(error: string, description = ""): string {
  if (error === "access_denied")
    return "The sign-in was cancelled, or sharing was declined. The application would be told that access was denied.";
  return `The sign-in was refused. ${description}`.trim();
}
