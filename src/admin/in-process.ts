// The administration API in the process, without HTTP: the same operations, validation and authorization. The command line calls it as the
// operator, the console as the person who is signed in.

import { authorize, type Caller } from "../api/caller.ts";
import { type AnyOperation, perform } from "../api/operation.ts";
import { Problem } from "../api/problem.ts";
import { validate } from "../api/validate.ts";
import { apiScopes } from "../applications/api-scopes.ts";
import { operator } from "../audit/audit.ts";
import { type FieldMessage, InputError } from "../errors.ts";

export interface OperationRequest {
  params?: Record<string, string>;
  query?: object;
  body?: unknown;
  csv?: Uint8Array;
  /** The version that a change is made to. */
  ifMatch?: number;
  progress?: (done: number, total: number) => void;
}

export interface OperationAnswer {
  status: number;
  body: Record<string, unknown>;
  version?: number;
}

/** Operations by their names in the OpenAPI document. */
export interface InProcess {
  /** @throws Problem, as the API would answer */
  call(caller: Caller, id: string, request?: OperationRequest): Promise<OperationAnswer>;
  /** Whether the caller's scopes allow it. */
  allows(caller: Caller, id: string): boolean;
}

export function inProcess(operations: AnyOperation[]): InProcess {
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  const find = (id: string): AnyOperation => {
    const operation = byId.get(id);
    if (!operation) throw new Error(`there is no operation ${id}`);
    return operation;
  };
  return {
    async call(caller, id, request = {}) {
      const operation = find(id);
      authorize(caller, operation);
      const params = operation.params && validate(operation.params, request.params, "path");
      const query = operation.query && validate(operation.query, request.query, "query");
      const body = operation.body && request.csv === undefined ? validate(operation.body, request.body, "body") : undefined;
      const { csv, ifMatch, progress } = request;
      const answer = await perform(operation, { caller, params, query, body, csv, ifMatch, progress });
      const version = answer.version === undefined ? {} : { version: answer.version };
      return { status: answer.status, body: (answer.body ?? {}) as Record<string, unknown>, ...version };
    },
    allows({ scopes }, id) {
      const { scope, narrower } = find(id);
      return scopes.has(scope) || (narrower !== undefined && scopes.has(narrower));
    },
  };
}

/**
 * Runs an operation as the operator.
 * @throws InputError with what the API's problem document would say
 */
export type OperatorAccess = (id: string, request?: OperationRequest) => Promise<OperationAnswer>;

/** A shell on the server may do all that an administrator's client may. */
const shell: Caller = { clientId: "operator", administrator: true, scopes: new Set(apiScopes), actor: { ...operator, channel: "cli" } };

export function operatorAccess({ call }: InProcess): OperatorAccess {
  return async (id, request) => {
    try {
      return await call(shell, id, request);
    } catch (error) {
      throw error instanceof Problem ? asInputError(error) : error;
    }
  };
}

/** One line. The wrong fields explain it best. */
function asInputError(problem: Problem): InputError {
  const { errors, sub } = problem.extra as { errors?: FieldMessage[]; sub?: string };
  const wrong = errors?.map(({ field, message }) => `${field}: ${message}`).join("; ");
  const whose = sub === undefined ? "" : ` The guest's sub is ${sub}.`;
  return new InputError(wrong ?? `${problem.message}${whose}`, { cause: problem, fields: errors });
}
