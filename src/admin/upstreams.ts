// OpenID providers of partners, where guests may sign in.
import { z } from "zod";
import { type AnyOperation, operation } from "../api/operation.ts";
import { changedMeanwhile, notFound, Problem } from "../api/problem.ts";
import { InputError } from "../errors.ts";
import type { BoundDomain, DomainProofs } from "../upstream/domain-proofs.ts";
import { checkIssuer } from "../upstream/registration.ts";
import type { Upstream, UpstreamChange } from "../upstream/upstream.ts";
import type { Upstreams } from "../upstream/upstreams.ts";
import { Domain, Line, time } from "./fields.ts";

export interface UpstreamOperationDeps {
  upstreams: Upstreams;
  domainProofs: Pick<DomainProofs, "list" | "check">;
  /** Why requests would not get to the address at this moment, or undefined. */
  unreachable(url: URL): Promise<string | undefined>;
}

const UpstreamId = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, "must be a short name such as partner: letters a to z, digits and hyphens")
  .describe("A short name, which stands in the redirect URI");
const Grade = z
  .enum(["proves-the-mailbox", "proves-the-person", "off"])
  .describe(
    "The most that signing in there is worth. `proves-the-mailbox` counts as a code, where the provider is authoritative for the address; `proves-the-person` signs in between two codes",
  );
const Scope = z
  .string()
  .max(500)
  .regex(/^openid(?: [!#-[\]-~]+)*$/, "must be scopes separated by blanks, openid first");
const fields = {
  label: Line.describe("What guests read: *Continue with Partner*"),
  client_id: z.string().min(1).max(500),
  scope: Scope.describe("What the provider is asked for, separated by blanks"),
  domains: z.array(Domain).min(1).max(1000).describe("It is offered for addresses at these domains, and is authoritative for them"),
  first_for: z.array(Domain).max(1000).describe("Those of `domains` where it comes before other providers"),
  grade: Grade,
};
const Tenant = z.string().min(1).max(200).describe("The claim `tid` that every account has to have");
const Secret = z.string().min(1).max(2000).describe("The client's secret at the provider. It is never shown again");
const DomainRecord = z
  .object({
    domain: z.string(),
    name: z.string().describe("The name of the TXT record that confirms the domain"),
    value: z.string().describe("What it has to say. Several records may stand at the name"),
    state: z
      .enum(["found", "missing", "unreachable", "unchecked"])
      .describe("The outcome of the last check; with `unreachable`, DNS gave no answer"),
    confirmed: z.boolean().describe("Whether the provider can prove mailboxes there: the record was found in the last 3 days"),
    found_since: z.iso.datetime().nullable(),
    last_found_at: z.iso.datetime().nullable(),
    checked_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "DomainRecord" });
const UpstreamResult = z
  .object({
    id: z.string(),
    issuer: z.string(),
    tenant: z.string().nullable().describe("The claim `tid` that an account has to have: Microsoft Entra's tenant"),
    ...fields,
    domain_records: z
      .array(DomainRecord)
      .describe(
        "Until its record is found, a domain's addresses are proven by a code alone. Empty for Google, which proves domains itself",
      ),
    redirect_uri: z.string().describe("To be registered at the provider"),
    backchannel_logout_uri: z.string().describe("To be registered at the provider, so that signing out there ends the session here"),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    warnings: z.array(z.string()).optional(),
  })
  .meta({ id: "Upstream" });
const example = {
  id: "partner",
  issuer: "https://login.partner.example",
  tenant: null,
  label: "Partner",
  client_id: "guestpass",
  scope: "openid email profile",
  domains: ["partner.example"],
  first_for: ["partner.example"],
  grade: "proves-the-mailbox" as const,
  domain_records: [
    {
      domain: "partner.example",
      name: "_guestpass.partner.example",
      value: "guestpass=5f0c2d7e0a4b1c8d9e3f6a7b2c5d8e1f4a7b0c3d6e9f2a5b8c1d4e7f0a3b6c9d",
      state: "found" as const,
      confirmed: true,
      found_since: "2026-11-24T09:00:00.000Z",
      last_found_at: "2026-11-24T10:00:00.000Z",
      checked_at: "2026-11-24T10:00:00.000Z",
    },
  ],
  redirect_uri: "https://guests.example.com/upstream/partner/callback",
  backchannel_logout_uri: "https://guests.example.com/upstream/partner/logout",
  created_at: "2026-11-24T08:00:00.000Z",
  updated_at: "2026-11-24T08:00:00.000Z",
};
const {
  domain_records: _records,
  redirect_uri: _uri,
  backchannel_logout_uri: _logout,
  created_at: _created,
  updated_at: _updated,
  tenant: _tenant,
  ...exampleBody
} = example;
const secret = "the secret that the provider has given";
const Id = z.object({ id: UpstreamId });
const params = { id: example.id };

export function upstreamOperations({ upstreams, domainProofs, unreachable }: UpstreamOperationDeps): AnyOperation[] {
  const read = async (id: string): Promise<Upstream> => {
    const found = await upstreams.find(id);
    if (!found) throw notFound("provider");
    return found;
  };
  const show = async (each: Upstream): Promise<z.output<typeof UpstreamResult>> => ({
    id: each.id,
    issuer: each.issuer,
    tenant: each.tenant,
    label: each.label,
    client_id: each.clientId,
    scope: each.scope,
    domains: each.domains,
    first_for: each.firstFor,
    grade: each.grade,
    domain_records: (await domainProofs.list(each)).map(toRecord),
    redirect_uri: upstreams.redirectUri(each.id),
    backchannel_logout_uri: upstreams.logoutUri(each.id),
    created_at: time(each.createdAt),
    updated_at: time(each.updatedAt),
  });
  const common = { own: false, params: Id };

  return [
    operation({
      id: "listUpstreams",
      method: "get",
      path: "/upstreams",
      summary: "List the OpenID providers where guests may sign in",
      scope: "settings:read",
      own: false,
      result: z.object({ items: z.array(UpstreamResult) }),
      status: 200,
      example: { result: { items: [example] } },
      run: async () => ({ status: 200, body: { items: await Promise.all((await upstreams.list()).map(show)) } }),
    }),
    operation({
      id: "createUpstream",
      method: "post",
      path: "/upstreams",
      summary: "Register an OpenID provider where guests may sign in",
      details:
        "Guests whose address is at one of its domains are offered it beside the emailed code. Register the `redirect_uri` of the answer at the provider. The issuer cannot be changed later: another one would be another provider, with other people.",
      scope: "settings:write",
      own: false,
      creates: true,
      body: z.strictObject({
        ...fields,
        id: UpstreamId,
        issuer: z.string().max(1000).describe("As the provider's discovery document has it"),
        tenant: Tenant.optional(),
        scope: fields.scope.default(example.scope),
        first_for: fields.first_for.default([]),
        client_secret: Secret,
      }),
      result: UpstreamResult,
      location: ({ id }) => `/upstreams/${id}`,
      status: 201,
      problems: [422],
      example: { body: { ...exampleBody, client_secret: secret }, result: example },
      run: async ({ caller, body }) => {
        const { id, issuer, label, scope, domains, grade } = body;
        const tenant = tenantOf(issuer, body.tenant);
        const unique = [...new Set(domains)];
        const firstFor = within(unique, body.first_for);
        const added = { id, issuer, tenant, label, clientId: body.client_id, scope, domains: unique, firstFor, grade };
        if (!(await upstreams.add(added, body.client_secret, caller.actor)))
          throw new Problem(409, "Taken", "A provider already has this id: change it, or choose another id.");
        const why = await unreachable(new URL(issuer));
        const warnings = why ? [`issuer: nobody could sign in there at this moment, because ${why}.`] : [];
        const made = await show(await read(id));
        return { status: 201, body: { ...made, ...(warnings.length > 0 ? { warnings } : {}) }, kept: made };
      },
    }),
    operation({
      ...common,
      id: "readUpstream",
      method: "get",
      path: "/upstreams/:id",
      summary: "Read a provider where guests may sign in",
      scope: "settings:read",
      result: UpstreamResult,
      status: 200,
      example: { params, result: example },
      run: async ({ params: { id } }) => {
        const found = await read(id);
        return { status: 200, body: await show(found), version: found.updatedAt };
      },
    }),
    operation({
      ...common,
      id: "updateUpstream",
      method: "patch",
      path: "/upstreams/:id",
      summary: "Change a provider where guests may sign in; fields left out stay as they are",
      details: "It takes effect at the next sign-in. `grade: off` keeps it, and offers it to nobody.",
      scope: "settings:write",
      versioned: true,
      body: z.strictObject({ ...fields, client_secret: Secret }).partial(),
      result: UpstreamResult,
      status: 200,
      example: { params, body: { grade: "proves-the-person" as const }, result: { ...example, grade: "proves-the-person" as const } },
      run: async ({ caller, params: { id }, body, ifMatch }) => {
        const before = await read(id);
        if (ifMatch !== undefined && ifMatch !== before.updatedAt) throw changedMeanwhile();
        const after = await upstreams.update(before, toChange(before, body), body.client_secret, caller.actor);
        if (!after) throw changedMeanwhile();
        return { status: 200, body: await show(after), version: after.updatedAt };
      },
    }),
    operation({
      ...common,
      id: "checkUpstreamDomains",
      method: "post",
      path: "/upstreams/:id/check",
      summary: "Look up the DNS records that confirm a provider's domains",
      details:
        "Guestpass looks them up every hour, for 14 days after a domain was bound, a check was asked for or the record was last found. This checks at once, and begins the 14 days again. One call looks up at most 60 domains.",
      scope: "settings:write",
      result: UpstreamResult,
      status: 200,
      example: { params, result: example },
      run: async ({ params: { id } }) => {
        const found = await read(id);
        await domainProofs.check(found);
        return { status: 200, body: await show(found) };
      },
    }),
    operation({
      ...common,
      id: "removeUpstream",
      method: "delete",
      path: "/upstreams/:id",
      summary: "Remove a provider, including the accounts there that guests sign in with",
      details: "Guests then sign in with a code. Sessions that began there continue until their deadline: end them separately.",
      scope: "settings:write",
      status: 204,
      example: { params },
      run: async ({ caller, params: { id } }) => {
        if (!(await upstreams.remove(id, caller.actor))) throw notFound("provider");
        return { status: 204 };
      },
    }),
  ];
}

function toRecord({ domain, record, proof, counts }: BoundDomain): z.output<typeof DomainRecord> {
  const orNull = (at: number | null | undefined) => (typeof at === "number" ? time(at) : null);
  return {
    domain,
    ...record,
    state: proof?.outcome ?? "unchecked",
    confirmed: counts,
    found_since: orNull(proof?.foundSince),
    last_found_at: orNull(proof?.lastFoundAt),
    checked_at: orNull(proof?.checkedAt),
  };
}

/** @throws Problem 422 */
function tenantOf(issuer: string, given: string | undefined): string | null {
  try {
    const own = checkIssuer(issuer);
    if (own !== undefined && given !== undefined && given !== own) throw new InputError("The tenant is not the one that the issuer names.");
    return own ?? given ?? null;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new Problem(422, "Cannot be registered", error.message);
  }
}

/** @throws Problem 422 */
function within(domains: string[], firstFor: string[]): string[] {
  const other = firstFor.find((each) => !domains.includes(each));
  if (other === undefined) return [...new Set(firstFor)];
  throw new Problem(422, "Cannot be registered", `first_for: ${other} is not one of its domains.`);
}

function toChange(
  before: Upstream,
  body: {
    label?: string | undefined;
    client_id?: string | undefined;
    scope?: string | undefined;
    domains?: string[] | undefined;
    first_for?: string[] | undefined;
    grade?: Upstream["grade"] | undefined;
  },
): UpstreamChange {
  const { label, client_id: clientId, scope, grade } = body;
  const domains = body.domains && [...new Set(body.domains)];
  // It stays first where it stays.
  const still = domains && before.firstFor.filter((each) => domains.includes(each));
  const firstFor = body.first_for ? within(domains ?? before.domains, body.first_for) : still;
  const given = { label, clientId, scope, domains, firstFor, grade };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
