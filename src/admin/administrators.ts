// People who administer Guestpass in the console.
import { z } from "zod";
import { type Administrator, type AdministratorPasskey, type AdministratorSession, roles } from "../administrators/administrator.ts";
import type { Administrators } from "../administrators/administrators.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { notFound, Problem } from "../api/problem.ts";
import { deviceName } from "../mail/browser-name.ts";
import { Identifier, Line, time } from "./fields.ts";

export interface AdministratorOperationDeps {
  administrators: Administrators;
}

const Id = z.object({ id: Identifier });
const RoleField = z
  .enum(roles)
  .describe(
    "owner: everything, including administrators; manager: guests, invitations, sessions; helpdesk: read, resend, end sessions; auditor: read only",
  );
const AdministratorResult = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string().nullable(),
    role: RoleField,
    provider: z.string().nullable().describe("The issuer of the organisation's own OpenID provider, if the person signs in there"),
    created_at: z.string(),
    passkeys: z
      .array(z.object({ id: z.string(), label: z.string(), created_at: z.string(), last_used_at: z.string().nullable() }))
      .optional()
      .describe("Only in answers about one administrator"),
    sessions: z
      .array(
        z.object({
          id: z.string(),
          device: z.string().nullable(),
          network: z.string().nullable(),
          since: z.string(),
          last_seen: z.string(),
        }),
      )
      .optional()
      .describe("Only in answers about one administrator: where the person is signed in to the console"),
    link: z.string().optional().describe("Only when one was just made. It enrols one passkey, within three days, and is not shown again"),
  })
  .meta({ id: "Administrator" });
type Shown = z.output<typeof AdministratorResult>;
const example: z.input<typeof AdministratorResult> = {
  id: "0b7b2f6e-51f5-4c40-a1b5-2f7a3f0b1c11",
  email: "grace@acme.example",
  name: "Grace Hopper",
  role: "manager",
  provider: null,
  created_at: "2026-11-24T08:00:00.000Z",
};
const exampleLink = "https://guests.example.com/console/enrol#kq3Zc0bZ1kF24Xc0bZ1kF2kq3Zc0bZ1kF24Xc0bZ1kF";
const params = { id: example.id };
const Mailed = z.boolean().default(false).describe("Mail the link to the address instead of showing it");

export function administratorOperations({ administrators }: AdministratorOperationDeps): AnyOperation[] {
  const shown = async (id: string): Promise<Shown> => {
    const administrator = await administrators.find(id);
    if (!administrator) throw notFound("administrator");
    const [passkeys, sessions] = await Promise.all([administrators.passkeysOf(id), administrators.sessionsOf(id)]);
    return { ...show(administrator), passkeys: passkeys.map(showPasskey), sessions: sessions.map(showSession) };
  };
  const lastOwner = () => new Problem(409, "Last owner", "This is the last owner. Make someone else an owner first.");
  const common = { own: false, params: Id, result: AdministratorResult };

  return [
    operation({
      id: "listAdministrators",
      method: "get",
      path: "/administrators",
      summary: "List the people who administer Guestpass in the console",
      scope: "administrators:read",
      own: false,
      result: z.object({ items: z.array(AdministratorResult) }),
      status: 200,
      example: { result: { items: [example] } },
      run: async () => ({ status: 200, body: { items: (await administrators.list()).map(show) } }),
    }),
    operation({
      ...common,
      id: "readAdministrator",
      method: "get",
      path: "/administrators/:id",
      summary: "Read an administrator, including passkeys and sessions",
      scope: "administrators:read",
      status: 200,
      example: { params, result: { ...example, passkeys: [], sessions: [] } },
      run: async ({ params: { id } }) => ({ status: 200, body: await shown(id) }),
    }),
    operation({
      id: "addAdministrator",
      method: "post",
      path: "/administrators",
      summary: "Add an administrator, who enrols a passkey by a link",
      scope: "administrators:write",
      own: false,
      creates: true,
      body: z.strictObject({ email: z.email().max(254), name: Line.nullable().optional(), role: RoleField, mail: Mailed }),
      result: AdministratorResult,
      location: ({ id }) => `/administrators/${id}`,
      status: 201,
      problems: [422],
      example: { body: { email: example.email, name: example.name, role: example.role }, result: { ...example, link: exampleLink } },
      run: async ({ caller, body: { email, name = null, role, mail } }) => {
        const added = await administrators.add({ email, name, role }, caller.actor, { mailed: mail });
        if (!added) throw new Problem(422, "Already added", "An administrator already has this address.");
        const { administrator, link } = added;
        return { status: 201, body: { ...show(administrator), ...(mail ? {} : { link }) }, kept: show(administrator) };
      },
    }),
    operation({
      ...common,
      id: "updateAdministrator",
      method: "patch",
      path: "/administrators/:id",
      summary: "Give an administrator another role",
      scope: "administrators:write",
      body: z.strictObject({ role: RoleField }),
      status: 200,
      example: { params, body: { role: "auditor" }, result: { ...example, role: "auditor" } },
      run: async ({ caller, params: { id }, body: { role } }) => {
        const outcome = await administrators.setRole(id, role, caller.actor);
        if (outcome === "unknown") throw notFound("administrator");
        if (outcome === "last-owner") throw lastOwner();
        return { status: 200, body: await shown(id) };
      },
    }),
    operation({
      ...common,
      id: "makeAdministratorLink",
      method: "post",
      path: "/administrators/:id/link",
      summary: "Make a new link that enrols a passkey; earlier links stop working",
      scope: "administrators:write",
      body: z.strictObject({ mail: Mailed }),
      status: 200,
      example: { params, body: {}, result: { ...example, link: exampleLink } },
      run: async ({ caller, params: { id }, body: { mail } }) => {
        const link = await administrators.link(id, caller.actor, { mailed: mail });
        if (link === undefined) throw notFound("administrator");
        return { status: 200, body: { ...(await shown(id)), ...(mail ? {} : { link }) } };
      },
    }),
    operation({
      id: "removeAdministrator",
      method: "delete",
      path: "/administrators/:id",
      summary: "Remove an administrator, including passkeys and sessions, unless it is the last owner",
      scope: "administrators:write",
      own: false,
      params: Id,
      status: 204,
      example: { params },
      run: async ({ caller, params: { id } }) => {
        const outcome = await administrators.remove(id, caller.actor);
        if (outcome === "unknown") throw notFound("administrator");
        if (outcome === "last-owner") throw lastOwner();
        return { status: 204 };
      },
    }),
    operation({
      id: "removeAdministratorPasskey",
      method: "delete",
      path: "/administrators/:id/passkeys/:passkey",
      summary: "Remove a passkey of an administrator",
      scope: "administrators:write",
      own: false,
      params: Id.extend({ passkey: Identifier.max(1400) }),
      status: 204,
      example: { params: { ...params, passkey: "4Xc0bZ1kF2" } },
      run: async ({ caller, params: { id, passkey } }) => {
        if (!(await administrators.removePasskey(id, passkey, caller.actor))) throw notFound("passkey");
        return { status: 204 };
      },
    }),
    operation({
      id: "endAdministratorSession",
      method: "delete",
      path: "/administrators/:id/sessions/:session",
      summary: "End a session of an administrator in the console",
      scope: "administrators:write",
      own: false,
      params: Id.extend({ session: Identifier }),
      status: 204,
      example: { params: { ...params, session: "0f4e6a1c-7f10-4f55-8e50-bd1dd0cf0b6e" } },
      run: async ({ caller, params: { id, session } }) => {
        if (!(await administrators.endSession(id, session, caller.actor))) throw notFound("session");
        return { status: 204 };
      },
    }),
  ];
}

function show({ id, email, name, role, upstream, createdAt }: Administrator): Shown {
  return { id, email, name, role, provider: upstream?.issuer ?? null, created_at: time(createdAt) };
}

function showPasskey({ id, label, createdAt, lastUsedAt }: AdministratorPasskey) {
  return { id, label, created_at: time(createdAt), last_used_at: time(lastUsedAt) };
}

function showSession({ id, device, network, startedAt, lastSeenAt }: AdministratorSession) {
  return { id, device: device && (deviceName(device) ?? device), network, since: time(startedAt), last_seen: time(lastSeenAt) };
}
