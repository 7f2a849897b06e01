// How often guests must prove their mailbox: previews a change, and explains which rule decides for a guest.
import { z } from "zod";
import type { Admission, Proof } from "../admission/admission.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { notFound } from "../api/problem.ts";
import type { Applications } from "../applications/applications.ts";
import type { Guests } from "../guests/guests.ts";
import type { WhatIf } from "../reverification/what-if.ts";
import { DeadlineResult, exampleDeadline, showDeadline } from "./deadlines.ts";
import { Days, Identifier, time } from "./fields.ts";
import { readGuest, subParam } from "./guest-access.ts";
import { exampleGuest } from "./guest-results.ts";

export interface PolicyOperationDeps {
  admission: Admission;
  applications: Applications;
  guests: Guests;
  whatIf: WhatIf;
}

const ForecastResult = z
  .object({
    guests_now: z.number().int().describe("Signed-in guests who would be asked at their next visit"),
    sessions_ending: z.number().int().describe("Sessions that would end now, counted for each application"),
    due: z
      .array(z.object({ day: z.iso.date(), guests: z.number().int() }))
      .describe("The others, by the day (UTC) on which they would first be asked"),
  })
  .meta({ id: "PolicyForecast" });
const ExplanationResult = z
  .object({
    outcome: z
      .enum(["admitted", "due", "refused"])
      .describe("due: a mailbox must be proven again; refused: the guest cannot sign in at all"),
    deadline: DeadlineResult.nullable().describe(
      "The last of the deadlines below: until then the guest is not asked; null if no proof counts",
    ),
    proofs: z
      .array(
        z.object({
          address: z.string(),
          invitation: z.string().nullable(),
          verified_at: z.iso.datetime().nullable(),
          deadline: DeadlineResult.nullable(),
        }),
      )
      .describe("One for each live invitation, if the application needs invitations; otherwise one for each mailbox"),
  })
  .meta({ id: "PolicyExplanation" });

export function policyOperations(deps: PolicyOperationDeps): AnyOperation[] {
  const { admission, applications, whatIf } = deps;
  const known = async (clientId: string) => {
    const application = await applications.read(clientId);
    if (!application) throw notFound("application");
    return application;
  };

  return [
    operation({
      id: "previewPolicy",
      method: "get",
      path: "/policy/preview",
      summary: "Preview what another reverification period would do",
      details: "Counts signed-in guests. Nothing is changed.",
      scope: "settings:read",
      own: false,
      query: z.strictObject({
        days: z.coerce.number().pipe(Days).describe("The period to preview"),
        client_id: Identifier.optional().describe("The application whose period it is; if left out, the period for all applications"),
      }),
      result: ForecastResult,
      status: 200,
      problems: [404],
      example: {
        query: { client_id: "files", days: "7" },
        result: { guests_now: 12, sessions_ending: 15, due: [{ day: "2026-12-01", guests: 3 }] },
      },
      run: async ({ query: { days, client_id: clientId } }) => {
        if (clientId !== undefined) await known(clientId);
        const { guestsNow, sessionsEnding, later } = await whatIf.forecast(days, clientId);
        const due = later.map(({ day, guests }) => ({ day: time(day).slice(0, 10), guests }));
        return { status: 200, body: { guests_now: guestsNow, sessions_ending: sessionsEnding, due } };
      },
    }),
    operation({
      id: "explainPolicy",
      method: "get",
      path: "/policy/explain",
      summary: "Explain until when a guest has access to an application, and which rule decides",
      scope: "settings:read",
      own: false,
      query: z.strictObject({ sub: subParam, client_id: Identifier }),
      result: ExplanationResult,
      status: 200,
      problems: [404],
      example: { query: { sub: exampleGuest.sub, client_id: "files" }, result: exampleExplanation },
      run: async ({ query: { sub, client_id: clientId } }) => {
        const application = await known(clientId);
        const guest = await readGuest(deps, sub);
        const { outcome } = await admission.standing(application, guest);
        const proofs = (await admission.proofs(application, guest)).sort((one, other) => other.deadline.at - one.deadline.at);
        const [last] = proofs;
        return {
          status: 200,
          body: { outcome, deadline: last && outcome !== "refused" ? showProof(last).deadline : null, proofs: proofs.map(showProof) },
        };
      },
    }),
  ];
}

function showProof(proof: Proof) {
  return {
    address: proof.address,
    invitation: proof.invitationId,
    verified_at: time(proof.verifiedAt),
    // A mailbox that was never proven has no deadline yet.
    deadline: proof.verifiedAt === null ? null : showDeadline(proof.deadline),
  };
}

const exampleExplanation = {
  outcome: "admitted" as const,
  deadline: exampleDeadline,
  proofs: [
    {
      address: "ada@example.com",
      invitation: "0d3c1f9e-1a55-4c5e-8a43-5c0f3c1f7f0e",
      verified_at: "2026-11-24T08:00:00.000Z",
      deadline: exampleDeadline,
    },
  ],
};
