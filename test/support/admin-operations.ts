// The operations of the administration API, as its OpenAPI document tells them.
import type { Guestpass } from "./guestpass.ts";

export interface Operation {
  id: string;
  method: string;
  path: string;
  scope: string;
  json: unknown;
  csv: string | undefined;
}

interface Described {
  operationId: string;
  security: [{ applicationCredentials: [string] }];
  parameters: { name: string; in: string; example?: string }[];
  requestBody?: { content: Record<string, { example: unknown }> };
}

/** Every operation of the document with its example; what its path names by identifier is `nobody`. */
export async function operationsOf({ issuer }: Guestpass): Promise<Operation[]> {
  const { paths } = (await (await fetch(`${issuer}/admin/openapi.json`)).json()) as { paths: Record<string, Record<string, Described>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, security, parameters, requestBody }]) => {
      const query = parameters
        .filter((each) => each.in === "query" && each.example !== undefined)
        .map(({ name, example }) => `${name}=${example}&`);
      const content = requestBody?.content ?? {};
      return {
        id: operationId,
        method: method.toUpperCase(),
        path: `${path.replace("/admin", "").replace(/\{\w+\}/g, "nobody")}?${query.join("")}`,
        scope: security[0].applicationCredentials[0],
        json: content["application/json"]?.example,
        csv: content["application/json"] ? undefined : (content["text/csv"]?.example as string | undefined),
      };
    }),
  );
}
