// Lists where a guest is signed in, and ends sessions.
import { z } from "zod";
import type { Admission } from "../admission/admission.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { notFound } from "../api/problem.ts";
import type { Applications } from "../applications/applications.ts";
import type { Guest } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import { deviceName } from "../mail/browser-name.ts";
import type { GuestSession } from "../sessions/guest-session.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { DeadlineResult, exampleDeadline, showDeadline } from "./deadlines.ts";
import { Identifier, time } from "./fields.ts";
import { readGuest, subParam } from "./guest-access.ts";
import { exampleGuest } from "./guest-results.ts";

export interface SessionOperationDeps {
  admission: Admission;
  applications: Applications;
  guests: Guests;
  sessions: Sessions;
}

const Sub = z.object({ sub: subParam });
const SessionResult = z
  .object({
    id: z.string(),
    device: z.string().nullable().describe("The browser, as it calls itself"),
    since: z.iso.datetime().describe("When the guest last signed in in it"),
    applications: z.array(
      z.object({
        client_id: z.string(),
        deadline: DeadlineResult.nullable().describe("null if the guest no longer has access: the session there is about to end"),
      }),
    ),
  })
  .meta({ id: "Session" });
const exampleSession = {
  id: "4Xc0bZ1kF2",
  device: "Firefox, Linux",
  since: "2026-11-24T08:00:00.000Z",
  applications: [{ client_id: "files", deadline: exampleDeadline }],
};

export function sessionOperations(deps: SessionOperationDeps): AnyOperation[] {
  const { sessions } = deps;

  return [
    operation({
      id: "listSessions",
      method: "get",
      path: "/guests/:sub/sessions",
      summary: "List where a guest is signed in, and until when",
      scope: "guests:read",
      own: false,
      params: Sub,
      result: z.object({ items: z.array(SessionResult) }),
      status: 200,
      example: { params: { sub: exampleGuest.sub }, result: { items: [exampleSession] } },
      run: async ({ params }) => {
        const guest = await readGuest(deps, params.sub);
        const items = await Promise.all((await sessions.list(guest.sub)).map((session) => show(deps, guest, session)));
        return { status: 200, body: { items } };
      },
    }),
    operation({
      id: "endSession",
      method: "delete",
      path: "/guests/:sub/sessions/:id",
      summary: "End one session and its tokens, and notify its applications",
      scope: "guests:write",
      narrower: "sessions:write",
      own: false,
      params: Sub.extend({ id: Identifier }),
      status: 204,
      example: { params: { sub: exampleGuest.sub, id: exampleSession.id } },
      run: async ({ caller, params }) => {
        const { sub } = await readGuest(deps, params.sub);
        const own = (await sessions.list(sub)).some(({ uid }) => uid === params.id);
        if (!own || !(await sessions.end(params.id, caller.actor))) throw notFound("session");
        return { status: 204 };
      },
    }),
    operation({
      id: "endSessions",
      method: "delete",
      path: "/guests/:sub/sessions",
      summary: "End all sessions of a guest; the guest may sign in again",
      scope: "guests:write",
      narrower: "sessions:write",
      own: false,
      params: Sub,
      status: 204,
      example: { params: { sub: exampleGuest.sub } },
      run: async ({ caller, params }) => {
        await sessions.endAllOf((await readGuest(deps, params.sub)).sub, caller.actor);
        return { status: 204 };
      },
    }),
  ];
}

async function show(
  { admission, applications }: SessionOperationDeps,
  guest: Guest,
  session: GuestSession,
): Promise<z.output<typeof SessionResult>> {
  const entered = session.applications.map(async (clientId) => {
    const application = await applications.read(clientId);
    const standing = application && (await admission.standing(application, guest));
    return { client_id: clientId, deadline: standing?.outcome === "admitted" ? showDeadline(standing.deadline) : null };
  });
  return {
    id: session.uid,
    device: session.device && (deviceName(session.device) ?? session.device),
    since: time(session.since),
    applications: await Promise.all(entered),
  };
}
