import { z } from "zod";
import { type AnyOperation, operation } from "../api/operation.ts";
import { notFound, Problem } from "../api/problem.ts";
import type { Guest } from "../guests/guest.ts";
import { Identifier, plainText } from "./fields.ts";
import { readGuest, subParam } from "./guest-access.ts";
import { exampleAliases, exampleGuest, GuestResult, showGuest } from "./guest-results.ts";
import type { GuestOperationDeps } from "./guests.ts";

const lostIsSuspended =
  "The guest to merge is suspended and would get access again as this guest. Resume that guest or suspend this one first.";
const Sub = z.object({ sub: subParam });
const exampleSub = { sub: exampleGuest.sub };

export function guestStateOperations(deps: GuestOperationDeps): AnyOperation[] {
  const { guests, lifeCycle } = deps;
  const shown = (guest: Guest) => ({ status: 200, body: showGuest(guest), version: guest.updatedAt });

  return [
    operation({
      id: "suspendGuest",
      method: "post",
      path: "/guests/:sub/suspend",
      summary: "Suspend a guest at once, with a reason",
      details: "Sessions and tokens stop working at their next use. A guest who is already suspended keeps the first reason.",
      scope: "guests:write",
      own: false,
      params: Sub,
      body: z.strictObject({ reason: plainText(1000).trim().min(1) }),
      result: GuestResult,
      status: 200,
      example: {
        params: exampleSub,
        body: { reason: "left the partner company" },
        result: { ...exampleGuest, state: "suspended" as const, suspended_reason: "left the partner company" },
      },
      run: async ({ caller, params, body }) => {
        const { sub } = await readGuest(deps, params.sub);
        await guests.suspend(sub, body.reason, caller.actor);
        return shown(await readGuest(deps, sub));
      },
    }),
    operation({
      id: "resumeGuest",
      method: "post",
      path: "/guests/:sub/resume",
      summary: "Resume a suspended guest",
      scope: "guests:write",
      own: false,
      params: Sub,
      result: GuestResult,
      status: 200,
      example: { params: exampleSub, result: exampleGuest },
      run: async ({ caller, params }) => {
        const { sub } = await readGuest(deps, params.sub);
        await guests.resume(sub, caller.actor);
        return shown(await readGuest(deps, sub));
      },
    }),
    operation({
      id: "declineErasure",
      method: "post",
      path: "/guests/:sub/decline-erasure",
      summary: "Decline a guest's request to be erased, with a reason that the guest reads",
      details: "The guest can ask again. `eraseGuest` is what they asked for.",
      scope: "guests:write",
      own: false,
      params: Sub,
      body: z.strictObject({ reason: plainText(1000).trim().min(1).describe("Shown on the guest's own page") }),
      result: GuestResult,
      status: 200,
      example: {
        params: exampleSub,
        body: { reason: "The contract has you keep access until 31 March." },
        result: exampleGuest,
      },
      run: async ({ caller, params, body }) => {
        const { sub } = await readGuest(deps, params.sub);
        if (!(await lifeCycle.declineErasure(sub, body.reason, caller.actor)))
          throw new Problem(409, "Not asked for", "The guest has not asked to be erased, or has taken the request back.");
        return shown(await readGuest(deps, sub));
      },
    }),
    operation({
      id: "mergeGuest",
      method: "post",
      path: "/guests/:sub/merge",
      summary: "Merge another guest into this one: this sub stays, and the other one leads to it",
      details:
        "The other guest's addresses, invitations and history move here. The shorter reverification period and the earlier end of access apply. A merge cannot be undone. A suspended guest cannot be merged into one who is not suspended.",
      scope: "guests:write",
      own: false,
      params: Sub,
      body: z.strictObject({ lost_sub: Identifier.describe("The guest who turned out to be the same person") }),
      result: GuestResult,
      status: 200,
      example: {
        params: exampleSub,
        body: { lost_sub: "6a5e0c52-30c7-4a43-8d0f-90a5a1d5b7c2" },
        result: { ...exampleGuest, ...exampleAliases },
      },
      run: async ({ caller, params, body }) => {
        const survivor = await readGuest(deps, params.sub);
        const lost = await readGuest(deps, body.lost_sub);
        if (lost.sub === survivor.sub) throw new Problem(409, "Same guest", "Both are the same guest.");
        const outcome = await lifeCycle.merge(lost, survivor, caller.actor);
        if (outcome === "gone") throw notFound("guest");
        if (outcome === "lost-is-suspended") throw new Problem(409, "Guest suspended", lostIsSuspended);
        const after = await readGuest(deps, survivor.sub);
        return { status: 200, body: showGuest(after, await guests.aliases(after.sub)), version: after.updatedAt };
      },
    }),
  ];
}
