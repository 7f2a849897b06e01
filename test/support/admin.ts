// The administration API as its callers use it: a token from the token endpoint, then JSON over HTTP.
import type { Guestpass, RegisteredApplication } from "./guestpass.ts";
import { endpoints, post } from "./protocol.ts";

export interface ApiAnswer {
  status: number;
  headers: Headers;
  /** Of JSON answers; {} otherwise. */
  body: Record<string, unknown>;
  text: string;
}

export interface ApiRequest {
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as text/csv. */
  csv?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
}

export class AdminApi {
  readonly #guestpass: Guestpass;
  readonly #application: RegisteredApplication;
  readonly #scope: string | undefined;
  #token: string | undefined;

  /** @param scope what the tokens are asked for; everything that the application may hold otherwise */
  constructor(guestpass: Guestpass, application: RegisteredApplication, scope?: string) {
    this.#guestpass = guestpass;
    this.#application = application;
    this.#scope = scope;
  }

  get token(): Promise<string> {
    if (this.#token) return Promise.resolve(this.#token);
    return tokenFor(this.#guestpass, this.#application, this.#scope).then((token) => (this.#token = token));
  }

  get(path: string, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    return this.send("GET", path, { headers });
  }

  post(path: string, json?: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    return this.send("POST", path, { json, headers });
  }

  patch(path: string, json: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    return this.send("PATCH", path, { json, headers });
  }

  delete(path: string, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    return this.send("DELETE", path, { headers });
  }

  async send(method: string, path: string, { json, csv, headers = {} }: ApiRequest = {}): Promise<ApiAnswer> {
    const type = csv !== undefined ? "text/csv" : json !== undefined ? "application/json" : undefined;
    const body = csv ?? (json === undefined ? undefined : JSON.stringify(json));
    const response = await fetch(`${this.#guestpass.issuer}/admin${path}`, {
      method,
      headers: { authorization: `Bearer ${await this.token}`, ...(type ? { "content-type": type } : {}), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    return toAnswer(response);
  }
}

export async function toAnswer(response: Response): Promise<ApiAnswer> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, headers: response.headers, text, body: isJson && text ? JSON.parse(text) : {} };
}

/** An access token for the administration API. @throws where the token endpoint refuses */
export async function tokenFor(guestpass: Guestpass, application: RegisteredApplication, scope = scopesOf(application)): Promise<string> {
  const { status, json } = await post(guestpass, endpoints.token, application, { grant_type: "client_credentials", scope });
  if (status !== 200) throw new Error(`no token with ${scope}: ${JSON.stringify(json)}`);
  return String(json["access_token"]);
}

export const ownScopes = "invitations:read invitations:write guests:read events:read";
export const allScopes = `${ownScopes} guests:write applications:read applications:write audit:read settings:read settings:write mail:read mail:write keys:read keys:write`;

function scopesOf({ policy }: RegisteredApplication): string {
  return policy.administrator ? allScopes : ownScopes;
}

/** An application that the API made, as one that tests register themselves: to sign in to and get tokens with. */
export function registeredAs(body: Record<string, unknown>, secret = body["client_secret"]): RegisteredApplication {
  return {
    clientId: body["client_id"],
    secret,
    metadata: { token_endpoint_auth_method: body["token_endpoint_auth_method"] },
    policy: { administrator: body["administrator"] },
  } as unknown as RegisteredApplication;
}

/** A Guestpass with an administrator's client and two applications that know nothing of each other. */
export async function startWithAdmin(guestpass: Guestpass) {
  const policy = { targetOrigins: ["https://app.example"] };
  const administrator = await guestpass.register("console", { policy: { administrator: true } });
  const files = await guestpass.register("files", { admission: "invited", policy });
  const other = await guestpass.register("other", { admission: "invited", policy });
  return {
    applications: { administrator, files, other },
    admin: new AdminApi(guestpass, administrator),
    files: new AdminApi(guestpass, files),
    other: new AdminApi(guestpass, other),
  };
}
