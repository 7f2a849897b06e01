import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type Application, defaultPolicy, type NewApplication } from "../applications/application.ts";
import { type Applications, newClientSecret } from "../applications/applications.ts";
import { InputError } from "../errors.ts";
import { ApplicationResult, changed, showApplication } from "./application-changes.ts";
import { exampleApplication } from "./application-example.ts";
import { ApplicationUpdate, NewApplicationBody } from "./application-fields.ts";
import { nextOf, readCursor } from "./cursor.ts";
import { Identifier, PageQuery, pageOf } from "./fields.ts";
import { type AnyOperation, operation } from "./operation.ts";
import { changedMeanwhile, notFound, Problem } from "./problem.ts";

export interface ApplicationOperationDeps {
  applications: Applications;
  /** As oidc-provider validates client metadata. @throws InputError with its message */
  validate(application: NewApplication): Promise<void>;
}

export const applicationParams = z.object({ client_id: Identifier });
const params = { client_id: exampleApplication.client_id };

/** @throws Problem 404; 412 where it is not the given version */
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
        "The metadata is validated as the OpenID provider validates it. The secret is in this answer only: a request repeated with its Idempotency-Key is answered without it.",
      scope: "applications:write",
      own: false,
      creates: true,
      body: NewApplicationBody,
      result: ApplicationResult,
      status: 201,
      example: {
        body: { name: "Acme Files", redirect_uris: ["https://files.example.com/callback"], target_origins: ["https://files.example.com"] },
        result: { ...exampleApplication, client_secret: "lH6cQ0xkK1bq1mYw0N8s2VJm3n5p7r9t1v3x5z7A9C0" },
      },
      run: async ({ caller, body, freshId = randomUUID() }) => {
        const { client_id: clientId = freshId, ...input } = body;
        const { secret, application } = withSecret(changed(blank(clientId), input));
        await validate(deps, application);
        const added = await applications.add(application, caller.actor);
        // There is one with the fresh id only where this request made it before, and its answer was lost with the secret.
        if (!added && clientId !== freshId) throw new Problem(409, "Taken", "There is an application with this client_id already.");
        return shown(await readApplication(deps, clientId), added ? secret : undefined, 201);
      },
    }),
    operation({
      id: "listApplications",
      method: "get",
      path: "/applications",
      summary: "List applications, in the order of their client_id",
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
      summary: "Change an application; what is not given stays, null removes",
      details:
        "It holds at the next use of any session or token. An application that comes to need a secret gets one, in this answer only.",
      scope: "applications:write",
      own: false,
      versioned: true,
      params: applicationParams,
      body: ApplicationUpdate,
      result: ApplicationResult,
      status: 200,
      example: { params, body: { reverification_days: 7 }, result: { ...exampleApplication, reverification_days: 7 } },
      run: async ({ caller, params: { client_id: clientId }, body, ifMatch }) => {
        const before = await readApplication(deps, clientId, ifMatch);
        const { secret, application } = withSecret(changed(before, body));
        await validate(deps, application);
        const { clientId: _same, ...change } = application;
        const after = await applications.update(before, change, caller.actor);
        if (!after) throw changedMeanwhile();
        return shown(after, secret);
      },
    }),
    operation({
      id: "removeApplication",
      method: "delete",
      path: "/applications/:client_id",
      summary: "Remove an application: nobody can sign in to it any more, and its invitations and tokens are gone",
      scope: "applications:write",
      own: false,
      versioned: true,
      params: applicationParams,
      status: 204,
      example: { params },
      run: async ({ caller, params: { client_id: clientId }, ifMatch }) => {
        await readApplication(deps, clientId, ifMatch);
        if (!(await applications.remove(clientId, caller.actor, ifMatch))) throw changedMeanwhile();
        return { status: 204 };
      },
    }),
  ];
}

function blank(clientId: string): NewApplication {
  const metadata = { redirect_uris: [], token_endpoint_auth_method: "client_secret_basic" };
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
async function validate(deps: ApplicationOperationDeps, application: NewApplication): Promise<void> {
  try {
    await deps.validate(application);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new Problem(422, "Cannot be registered", error.message);
  }
}

/** What is kept for a repeated request has no secret. */
export function shown(application: Application, secret?: string, status = 200) {
  const kept = showApplication(application);
  return { status, body: secret === undefined ? kept : { ...kept, client_secret: secret }, kept, version: application.updatedAt };
}
