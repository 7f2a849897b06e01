import { randomUUID } from "node:crypto";
import { z } from "zod";
import { nextOf, readCursor } from "../api/cursor.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { changedMeanwhile, notFound, Problem } from "../api/problem.ts";
import { type Application, defaultPolicy, type NewApplication } from "../applications/application.ts";
import { type Applications, newClientSecret } from "../applications/applications.ts";
import { hour } from "../clock.ts";
import { InputError } from "../errors.ts";
import { changed } from "./application-changes.ts";
import { type ApplicationInput, ApplicationUpdate, NewApplicationBody } from "./application-fields.ts";
import { ApplicationResult, exampleApplication, showApplication } from "./application-results.ts";
import { Identifier, PageQuery, pageOf } from "./fields.ts";

export interface ApplicationOperationDeps {
  applications: Applications;
  /** As oidc-provider validates client metadata. @throws InputError with its message */
  validate(application: NewApplication): Promise<void>;
  /** Why requests would not get to the address at this moment, or undefined. */
  unreachable(url: URL): Promise<string | undefined>;
}

export const applicationParams = z.object({ client_id: Identifier });
const params = { client_id: exampleApplication.client_id };

/** @throws Problem 404; 412 if it is not the given version */
export async function readApplication(
  { applications }: ApplicationOperationDeps,
  clientId: string,
  ifMatch?: number,
): Promise<Application> {
  const application = await applications.read(clientId);
  if (!application) throw notFound("application");
  if (ifMatch !== undefined && ifMatch !== application.updatedAt) throw changedMeanwhile();
  return application;
}

export function applicationOperations(deps: ApplicationOperationDeps): AnyOperation[] {
  const { applications } = deps;

  return [
    operation({
      id: "createApplication",
      method: "post",
      path: "/applications",
      summary: "Register an application",
      details:
        "The OpenID provider's rules for client metadata apply. The secret is in this answer only; a request repeated with the same Idempotency-Key is answered without it.",
      scope: "applications:write",
      own: false,
      creates: true,
      body: NewApplicationBody,
      result: ApplicationResult,
      location: ({ client_id: clientId }) => `/applications/${encodeURIComponent(clientId)}`,
      status: 201,
      example: {
        body: { name: "Acme Files", redirect_uris: ["https://files.example.com/callback"], target_origins: ["https://files.example.com"] },
        result: { ...exampleApplication, client_secret: "lH6cQ0xkK1bq1mYw0N8s2VJm3n5p7r9t1v3x5z7A9C0" },
      },
      run: async ({ caller, body, freshId = randomUUID() }) => {
        const { client_id: clientId = freshId, ...input } = body;
        const { secret, application } = withSecret(changed(blank(clientId), input));
        await validateApplication(deps, application);
        const added = await applications.add(application, caller.actor);
        // One with the fresh id exists only if this request made it before, and its answer was lost with the secret.
        if (!added && clientId !== freshId) throw new Problem(409, "Taken", "There is already an application with this client_id.");
        const made = await readApplication(deps, clientId);
        return shown(made, { secret: added ? secret : undefined, status: 201, warnings: await warningsFor(deps, body) });
      },
    }),
    operation({
      id: "listApplications",
      method: "get",
      path: "/applications",
      summary: "List applications, ordered by client_id",
      scope: "applications:read",
      own: false,
      query: PageQuery,
      result: pageOf(ApplicationResult),
      status: 200,
      example: { query: { limit: "50" }, result: { items: [exampleApplication], next: null } },
      run: async ({ query: { limit, cursor } }) => {
        const items = await applications.list(readCursor(cursor)?.id, limit);
        return { status: 200, body: { items: items.map(showApplication), next: nextOf(items, limit, ({ clientId }) => [0, clientId]) } };
      },
    }),
    operation({
      id: "readApplication",
      method: "get",
      path: "/applications/:client_id",
      summary: "Read an application",
      scope: "applications:read",
      own: false,
      params: applicationParams,
      result: ApplicationResult,
      status: 200,
      example: { params, result: exampleApplication },
      run: async ({ params: { client_id: clientId } }) => shown(await readApplication(deps, clientId)),
    }),
    operation({
      id: "updateApplication",
      method: "patch",
      path: "/applications/:client_id",
      summary: "Change an application; fields left out stay as they are, null removes",
      details:
        "The change takes effect at the next use of any session or token. An application that now needs a secret gets one, in this answer only.",
      scope: "applications:write",
      own: false,
      versioned: true,
      params: applicationParams,
      body: ApplicationUpdate,
      result: ApplicationResult,
      status: 200,
      problems: [422],
      example: { params, body: { reverification_days: 7 }, result: { ...exampleApplication, reverification_days: 7 } },
      run: async ({ caller, params: { client_id: clientId }, body, ifMatch }) => {
        const before = await readApplication(deps, clientId, ifMatch);
        const { secret, application } = withSecret(changed(before, body));
        await validateApplication(deps, application);
        const { clientId: _same, ...change } = application;
        const after = await applications.update(before, change, caller.actor);
        if (!after) throw changedMeanwhile();
        return shown(after, { secret, warnings: await warningsFor(deps, body) });
      },
    }),
    operation({
      id: "removeApplication",
      method: "delete",
      path: "/applications/:client_id",
      summary: "Remove an application with its invitations and tokens; nobody can sign in to it any more",
      scope: "applications:write",
      own: false,
      versioned: true,
      params: applicationParams,
      status: 204,
      problems: [422],
      example: { params },
      run: async ({ caller, params: { client_id: clientId }, ifMatch }) => {
        await readApplication(deps, clientId, ifMatch);
        if (!(await applications.remove(clientId, caller.actor, ifMatch))) throw changedMeanwhile();
        return { status: 204 };
      },
    }),
    operation({
      id: "rotateApplicationSecret",
      method: "post",
      path: "/applications/:client_id/rotate-secret",
      summary: "Make a new secret; the old one keeps working for the overlap that you choose",
      details:
        "The new secret is in this answer only. Earlier secrets keep working for the overlap chosen at their own rotation, so if you lose a new secret you can make another. An overlap of 0 ends all earlier secrets at once, for a secret that others have seen; access tokens already issued last ten minutes at most.",
      scope: "applications:write",
      own: false,
      creates: true,
      versioned: true,
      params: applicationParams,
      body: z.strictObject({ overlap_hours: z.number().min(0).max(720).default(24) }),
      result: ApplicationResult,
      status: 200,
      problems: [422],
      example: {
        params,
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
          throw new Problem(409, "No secret", "The application has no secret: it authenticates in another way.");
        const secret = await applications.rotateSecret(before, body.overlap_hours * hour, caller.actor);
        if (secret === undefined) throw changedMeanwhile();
        return shown(await readApplication(deps, clientId), { secret });
      },
    }),
  ];
}

function blank(clientId: string): NewApplication {
  const metadata = { redirect_uris: [] };
  return { clientId, name: "", admission: "invited", firstParty: false, pkceOptional: false, policy: defaultPolicy, metadata };
}

/** Makes the secret that the application's way of authenticating needs, and drops the one that it does not need. */
function withSecret(application: NewApplication): { secret: string | undefined; application: NewApplication } {
  const { client_secret: stored, ...metadata } = application.metadata;
  if (!metadata.token_endpoint_auth_method?.startsWith("client_secret"))
    return { secret: undefined, application: { ...application, metadata, policy: { ...application.policy, previousSecrets: [] } } };
  if (stored) return { secret: undefined, application };
  const made = newClientSecret();
  return { secret: made.secret, application: { ...application, metadata: { ...metadata, client_secret: made.stored } } };
}

/** @throws Problem 422 with oidc-provider's message */
export async function validateApplication(deps: ApplicationOperationDeps, application: NewApplication): Promise<void> {
  try {
    await deps.validate(application);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new Problem(422, "Cannot be registered", error.message);
  }
}

/** Only a warning: the address may be right and its server not running yet. */
async function warningsFor(deps: ApplicationOperationDeps, { backchannel_logout_uri: uri }: ApplicationInput): Promise<string[]> {
  const url = uri ? URL.parse(uri) : null;
  const why = url && (await deps.unreachable(url));
  return why ? [`backchannel_logout_uri: logouts would not be delivered, because ${why}.`] : [];
}

/** The answer kept for a repeated request contains no secret. */
function shown(
  application: Application,
  { secret, status = 200, warnings = [] }: { secret?: string | undefined; status?: number; warnings?: string[] } = {},
) {
  const kept = { ...showApplication(application), ...(warnings.length > 0 ? { warnings } : {}) };
  return { status, body: secret === undefined ? kept : { ...kept, client_secret: secret }, kept, version: application.updatedAt };
}
