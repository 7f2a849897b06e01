import { z } from "zod";
import { hour } from "../clock.ts";
import { ApplicationResult } from "./application-changes.ts";
import { exampleApplication } from "./application-example.ts";
import { type ApplicationOperationDeps, applicationParams, readApplication, shown } from "./applications.ts";
import { type AnyOperation, operation } from "./operation.ts";
import { changedMeanwhile, Problem } from "./problem.ts";

export function secretOperations(deps: ApplicationOperationDeps): AnyOperation[] {
  return [
    operation({
      id: "rotateApplicationSecret",
      method: "post",
      path: "/applications/:client_id/rotate-secret",
      summary: "Make a new secret; the old one works on for the overlap that you choose",
      details:
        "The new secret is in this answer only. Secrets before it work for as long as was chosen then, so that a new one which was lost can be made anew. An overlap of 0 ends all of them at once, for when it was seen by others; access tokens that it got live for ten minutes at the most.",
      scope: "applications:write",
      own: false,
      creates: true,
      versioned: true,
      params: applicationParams,
      body: z.strictObject({ overlap_hours: z.number().min(0).max(720).default(24) }),
      result: ApplicationResult,
      status: 200,
      example: {
        params: { client_id: exampleApplication.client_id },
        body: { overlap_hours: 24 },
        result: {
          ...exampleApplication,
          previous_secret_until: "2026-11-25T08:00:00.000Z",
          client_secret: "lH6cQ0xkK1bq1mYw0N8s2VJm3n5p7r9t1v3x5z7A9C0",
        },
      },
      run: async ({ caller, params: { client_id: clientId }, body, ifMatch }) => {
        const before = await readApplication(deps, clientId, ifMatch);
        if (before.metadata.client_secret === undefined)
          throw new Problem(409, "No secret", "The application has no secret: it authenticates otherwise.");
        const secret = await deps.applications.rotateSecret(before, body.overlap_hours * hour, caller.actor);
        if (secret === undefined) throw changedMeanwhile();
        return shown(await readApplication(deps, clientId), secret);
      },
    }),
  ];
}
