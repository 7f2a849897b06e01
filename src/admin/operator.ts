// The administration API for the operator of the server, at the command line: the same operations and validation without HTTP.
import { type Application, defaultPolicy } from "../applications/application.ts";
import { operator } from "../audit/audit.ts";
import { type FieldMessage, InputError } from "../errors.ts";
import type { Caller } from "./caller.ts";
import { type AnyOperation, perform } from "./operation.ts";
import { Problem } from "./problem.ts";
import { validate } from "./validate.ts";

interface OperatorRequest {
  params?: Record<string, string>;
  query?: object;
  body?: unknown;
  csv?: string;
  progress?: (done: number, total: number) => void;
}

interface OperatorAnswer {
  status: number;
  body: Record<string, unknown>;
}

/**
 * Runs an operation by its name in the OpenAPI document.
 * @throws InputError with what the API's problem document would say
 */
export type OperatorAccess = (id: string, request?: OperatorRequest) => Promise<OperatorAnswer>;

/** Who has a shell on the server may do all that an administrator's client may. */
const application: Application = {
  clientId: "operator",
  name: "operator",
  admission: "invited",
  firstParty: true,
  pkceOptional: false,
  policy: { ...defaultPolicy, administrator: true },
  metadata: { redirect_uris: [] },
  updatedAt: 0,
};
const caller: Caller = { application, scopes: new Set(), actor: operator };

export function operatorAccess(operations: AnyOperation[]): OperatorAccess {
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  return async (id, request = {}) => {
    const operation = byId.get(id);
    if (!operation) throw new Error(`there is no operation ${id}`);
    try {
      const params = operation.params && validate(operation.params, request.params, "path");
      const query = operation.query && validate(operation.query, request.query, "query");
      const body = operation.body && request.csv === undefined ? validate(operation.body, request.body, "body") : undefined;
      const answer = await perform(operation, {
        caller,
        params,
        query,
        body,
        csv: request.csv,
        ifMatch: undefined,
        progress: request.progress,
      });
      return { status: answer.status, body: (answer.body ?? {}) as Record<string, unknown> };
    } catch (error) {
      throw error instanceof Problem ? asInputError(error) : error;
    }
  };
}

/** One line; the fields that are wrong say it best. */
function asInputError(problem: Problem): InputError {
  const { errors, sub } = problem.extra as { errors?: FieldMessage[]; sub?: string };
  const wrong = errors?.map(({ field, message }) => `${field}: ${message}`).join("; ");
  const whose = sub === undefined ? "" : ` The guest's sub is ${sub}.`;
  return new InputError(wrong ?? `${problem.message}${whose}`, { cause: problem, fields: errors });
}
