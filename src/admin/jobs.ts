import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Caller } from "../api/caller.ts";
import { cursorAt, readCursor } from "../api/cursor.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { notAllowed, notFound, Problem } from "../api/problem.ts";
import type { Guests } from "../guests/guests.ts";
import { type Chosen, countLeftOut, type Given, type Job, jobStates, leftOut, scopeOf } from "../jobs/job.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { Identifier, PageQuery, pageOf, plainText, Time, time } from "./fields.ts";
import { GuestSearch, toGuestFilter } from "./guest-lists.ts";
import { applicationFor, type InviteDeps, NewInvitation, termsOf } from "./invite.ts";

export interface JobOperationDeps extends InviteDeps {
  jobs: Jobs;
  guests: Pick<Guests, "findAllBySub">;
}

const Common = {
  subs: z.array(Identifier).min(1).max(1000).optional().describe("These guests"),
  filter: GuestSearch.optional().describe(
    "All guests that were recorded before the job and are found by this; {} finds every guest. Either this or `subs`",
  ),
  preview: z.boolean().default(false).describe("true: only find out what would happen; startJob then begins the job"),
};
type CommonInput = z.output<z.ZodObject<typeof Common>>;
const { target_url, label, sponsor_name, sponsor_email, message, reverification_days, redeem_by, access_ends_at } = NewInvitation.shape;

const Reason = z
  .enum(leftOut)
  .describe(
    "ends-later: the record ends then or later, or never; already-invited: the guest has a live invitation to the same target; too-many-mails: the application has already sent many invitations to the address; failed: the log says why",
  );
const JobResult = z
  .object({
    id: z.string(),
    act: z.enum(["suspend", "resume", "extend", "invite", "revoke"]),
    state: z
      .enum(jobStates)
      .describe(
        "looking: what would happen is being found out; ready: that is known, and startJob begins the job; running, done or cancelled",
      ),
    actor: z.string().describe("Who started it, or asked for the preview"),
    total: z.number().int().nullable().describe("How many guests were chosen; null until that is known"),
    done: z.number().int().describe("Guests to whom it was done; while looking, and when ready, to whom it would be done"),
    left_out: z.number().int().describe("Guests to whom it is not done"),
    reasons: z.array(z.object({ reason: Reason, guests: z.number().int() })),
    stopped: z
      .enum(["not-allowed"])
      .nullable()
      .describe("not-allowed: cancelled by the server, because whoever started it lost the role or scope for it, or was removed"),
    client_id: z.string().nullable().describe("The application, of invite and revoke"),
    reason: z.string().nullable().describe("Of suspend"),
    expires_at: z.string().nullable().describe("Of extend; null means never"),
    created_at: z.string(),
    ended_at: z.string().nullable(),
  })
  .meta({ id: "Job" });
const JobGuest = z.object({
  sub: z.string(),
  email: z.string().nullable().describe("The primary address; null if the guest is gone"),
  reason: Reason,
});

const example = {
  id: "5c9a0d1e-2b7f-4a90-9a35-0d6d2f0f9a11",
  act: "suspend" as const,
  state: "ready" as const,
  actor: "application:console",
  total: 41,
  done: 40,
  left_out: 1,
  reasons: [{ reason: "already-suspended" as const, guests: 1 }],
  stopped: null,
  client_id: null,
  reason: "the project is over",
  expires_at: null,
  created_at: "2026-11-24T08:00:00.000Z",
  ended_at: null,
};
const exampleOf = (act: Given["act"], fields: object = {}) => ({ ...example, act, reason: null, ...fields });
const params = { id: example.id };
const Id = z.object({ id: Identifier });
const filter = { domain: "partner.example" };
const details =
  "Choose guests by `subs` or by `filter`. The job works in the background, on any instance, and goes on after a restart. Each guest is done once; the audit trail names the caller for each. Follow it with readJob.";

export function jobOperations(deps: JobOperationDeps): AnyOperation[] {
  const { jobs, guests } = deps;
  const common = {
    method: "post" as const,
    details,
    own: false,
    creates: true,
    result: JobResult,
    status: 201,
    location: ({ id }: { id: string }) => `/jobs/${id}`,
  };

  async function create(caller: Caller, given: Given, input: CommonInput, id: string = randomUUID()) {
    // A repeated request whose answer was not kept: the job already exists.
    const job =
      (await jobs.find(id)) ??
      (await jobs.create(id, given, chosen(input, deps.clock.now()), { previews: input.preview, by: caller.actor }));
    return { status: 201, body: show(job) };
  }

  /** @throws Problem 404 */
  async function read(id: string): Promise<Job> {
    const job = await jobs.find(id);
    if (!job) throw notFound("job");
    return job;
  }

  /** @throws Problem 403 if the caller may not do to one guest what the job does to many */
  async function readOwn(caller: Caller, id: string): Promise<Job> {
    const job = await read(id);
    const scope = scopeOf[job.given.act];
    if (!caller.scopes.has(scope)) throw notAllowed(`The access token needs the scope ${scope}.`);
    return job;
  }

  return [
    operation({
      ...common,
      id: "suspendGuests",
      path: "/jobs/suspend",
      summary: "Suspend many guests",
      scope: scopeOf.suspend,
      body: z.strictObject({ ...Common, reason: plainText(1000).trim().min(1) }),
      example: { body: { filter, reason: "the project is over", preview: true }, result: example },
      run: ({ caller, body: { reason, ...input }, freshId }) => create(caller, { act: "suspend", reason }, input, freshId),
    }),
    operation({
      ...common,
      id: "resumeGuests",
      path: "/jobs/resume",
      summary: "Resume many suspended guests",
      scope: scopeOf.resume,
      body: z.strictObject(Common),
      example: { body: { filter: { ...filter, state: "suspended" as const } }, result: exampleOf("resume", { state: "running" }) },
      run: ({ caller, body, freshId }) => create(caller, { act: "resume" }, body, freshId),
    }),
    operation({
      ...common,
      id: "extendGuests",
      path: "/jobs/extend",
      summary: "Have the records of many guests end later, or never",
      scope: scopeOf.extend,
      body: z.strictObject({
        ...Common,
        expires_at: Time.nullable().describe("null means never. Guests whose record ends later are left out"),
      }),
      example: {
        body: { filter, expires_at: "2027-06-30T00:00:00Z" },
        result: exampleOf("extend", { state: "running", expires_at: "2027-06-30T00:00:00.000Z" }),
      },
      run: ({ caller, body: { expires_at: expiresAt, ...input }, freshId }) => {
        if (expiresAt !== null && expiresAt <= deps.clock.now())
          throw new Problem(422, "Over already", "expires_at must be in the future.");
        return create(caller, { act: "extend", expiresAt }, input, freshId);
      },
    }),
    operation({
      ...common,
      id: "inviteGuests",
      path: "/jobs/invite",
      summary: "Invite many guests to an application, each at the primary address",
      scope: scopeOf.invite,
      problems: [404, 422],
      body: z.strictObject({
        ...Common,
        client_id: Identifier,
        target_url,
        label,
        sponsor_name,
        sponsor_email,
        message,
        reverification_days,
        redeem_by,
        access_ends_at,
      }),
      example: { body: { filter, client_id: "files" }, result: exampleOf("invite", { state: "running", client_id: "files" }) },
      run: async ({ caller, body: { subs, filter, preview, client_id: clientId, ...input }, freshId }) => {
        await applicationFor(deps, caller, clientId);
        const given: Given = { act: "invite", clientId, ...(await termsOf(deps, input)) };
        return create(caller, given, { subs, filter, preview }, freshId);
      },
    }),
    operation({
      ...common,
      id: "revokeGuests",
      path: "/jobs/revoke",
      summary: "Revoke all invitations of many guests to an application",
      scope: scopeOf.revoke,
      problems: [404],
      body: z.strictObject({ ...Common, client_id: Identifier }),
      example: { body: { filter, client_id: "files" }, result: exampleOf("revoke", { state: "running", client_id: "files" }) },
      run: async ({ caller, body: { client_id: clientId, ...input }, freshId }) => {
        await applicationFor(deps, caller, clientId);
        return create(caller, { act: "revoke", clientId }, input, freshId);
      },
    }),
    operation({
      id: "listJobs",
      method: "get",
      path: "/jobs",
      summary: "List jobs, newest first, for 30 days after their end",
      scope: "guests:read",
      own: false,
      query: PageQuery.extend({ state: z.enum(jobStates).optional() }),
      result: pageOf(JobResult),
      status: 200,
      example: { query: { state: "running" }, result: { items: [{ ...example, state: "running" as const }], next: null } },
      run: async ({ query: { limit, cursor, state } }) => {
        const from = readCursor(cursor);
        const found = await jobs.list(state, limit, from && { createdAt: from.at, id: from.id });
        const last = found.length === limit ? found.at(-1) : undefined;
        return { status: 200, body: { items: found.map(show), next: last ? cursorAt(last.createdAt, last.id) : null } };
      },
    }),
    operation({
      id: "readJob",
      method: "get",
      path: "/jobs/:id",
      summary: "Read how far a job has come",
      scope: "guests:read",
      own: false,
      params: Id,
      result: JobResult,
      status: 200,
      example: { params, result: example },
      run: async ({ params: { id } }) => ({ status: 200, body: show(await read(id)) }),
    }),
    operation({
      id: "listJobGuests",
      method: "get",
      path: "/jobs/:id/guests",
      summary: "List the guests that a job leaves out, up to 10,000, and why",
      scope: "guests:read",
      own: false,
      params: Id,
      query: PageQuery,
      result: pageOf(JobGuest),
      status: 200,
      example: {
        params,
        result: {
          items: [{ sub: "1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11", email: "ada@example.com", reason: "already-suspended" as const }],
          next: null,
        },
      },
      run: async ({ params: { id }, query: { limit, cursor } }) => {
        await read(id);
        const found = await jobs.listLeftOut(id, limit, readCursor(cursor)?.at);
        const emails = new Map((await guests.findAllBySub(found.map(({ sub }) => sub))).map(({ sub, email }) => [sub, email]));
        const items = found.map(({ sub, reason }) => ({ sub, email: emails.get(sub) ?? null, reason }));
        const last = found.length === limit ? found.at(-1) : undefined;
        return { status: 200, body: { items, next: last ? cursorAt(last.number, last.sub) : null } };
      },
    }),
    operation({
      id: "startJob",
      method: "post",
      path: "/jobs/:id/start",
      summary: "Begin a job that was previewed",
      details: "What can be done to a guest is decided anew when it is the guest's turn. Takes the scope of the act itself.",
      scope: "guests:write",
      narrower: "invitations:write",
      own: false,
      params: Id,
      result: JobResult,
      status: 200,
      example: { params, result: { ...example, state: "running" as const, done: 0, left_out: 0, reasons: [] } },
      run: async ({ caller, params: { id } }) => {
        if (!(await jobs.start(await readOwn(caller, id), caller.actor)))
          throw new Problem(409, "Not ready", "The preview is not complete, or the job was started or cancelled already.");
        return { status: 200, body: show(await read(id)) };
      },
    }),
    operation({
      id: "cancelJob",
      method: "post",
      path: "/jobs/:id/cancel",
      summary: "Cancel a job; guests that are done stay done",
      details: "Takes the scope of the act itself.",
      scope: "guests:write",
      narrower: "invitations:write",
      own: false,
      params: Id,
      result: JobResult,
      status: 200,
      example: { params, result: { ...example, state: "cancelled" as const, ended_at: "2026-11-24T08:00:09.000Z" } },
      run: async ({ caller, params: { id } }) => {
        if (!(await jobs.cancel(await readOwn(caller, id), caller.actor))) throw new Problem(409, "Over", "The job is over already.");
        return { status: 200, body: show(await read(id)) };
      },
    }),
  ];
}

/** @throws Problem 400 if the guests are not chosen in exactly one way */
function chosen({ subs, filter }: CommonInput, now: number): Chosen {
  if ((subs === undefined) === (filter === undefined)) throw new Problem(400, "Bad request", "Choose guests by subs or by filter.");
  if (subs) return { subs: [...new Set(subs)] };
  const { due_before: dueBefore, ...others } = filter ?? {};
  return { filter: toGuestFilter(others, now), ...(dueBefore === undefined ? {} : { dueBefore }) };
}

function show({ id, given, by, state, total, counts, createdAt, settledAt }: Job): z.output<typeof JobResult> {
  return {
    id,
    act: given.act,
    state,
    actor: by.who,
    total,
    done: counts.done,
    left_out: countLeftOut(counts.leftOut),
    reasons: leftOut.flatMap((reason) => {
      const count = counts.leftOut[reason];
      return count === undefined ? [] : [{ reason, guests: count }];
    }),
    stopped: counts.stopped ?? null,
    client_id: "clientId" in given ? given.clientId : null,
    reason: given.act === "suspend" ? given.reason : null,
    expires_at: given.act === "extend" ? time(given.expiresAt) : null,
    created_at: time(createdAt),
    ended_at: state === "done" || state === "cancelled" ? time(settledAt) : null,
  };
}
