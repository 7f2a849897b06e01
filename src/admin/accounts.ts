// Accounts at partners' providers, with which a guest signs in.
import { z } from "zod";
import { type AnyOperation, operation } from "../api/operation.ts";
import { notFound } from "../api/problem.ts";
import type { Guests } from "../guests/guests.ts";
import type { Accounts } from "../upstream/accounts.ts";
import { Identifier, time } from "./fields.ts";
import { readGuest, subParam } from "./guest-access.ts";
import { exampleGuest } from "./guest-results.ts";

export interface AccountOperationDeps {
  guests: Guests;
  accounts: Accounts;
}

const Sub = z.object({ sub: subParam });
const AccountResult = z
  .object({
    id: z.string(),
    provider: z.string().describe("The id of the provider"),
    label: z.string().describe("What guests read of it"),
    email: z.string().describe("The address of the mailbox that it belongs to, and goes with"),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "UpstreamAccount" });
const example = {
  id: "5d2f0c1e-8a53-4c0f-9d7b-3c1e0f6a7b21",
  provider: "partner",
  label: "Partner",
  email: "ada@example.com",
  created_at: "2026-11-24T08:00:00.000Z",
  last_used_at: "2026-11-28T08:00:00.000Z",
};

export function accountOperations(deps: AccountOperationDeps): AnyOperation[] {
  const { accounts } = deps;

  return [
    operation({
      id: "listUpstreamAccounts",
      method: "get",
      path: "/guests/:sub/upstream-accounts",
      summary: "A guest's accounts at the providers where guests may sign in",
      scope: "guests:read",
      own: false,
      params: Sub,
      result: z.object({ items: z.array(AccountResult) }),
      status: 200,
      example: { params: { sub: exampleGuest.sub }, result: { items: [example] } },
      run: async ({ params }) => {
        const { sub } = await readGuest(deps, params.sub);
        const items = (await accounts.list(sub)).map(({ id, provider, label, address: email, createdAt, lastUsedAt }) => ({
          id,
          provider,
          label,
          email,
          created_at: time(createdAt),
          last_used_at: time(lastUsedAt),
        }));
        return { status: 200, body: { items } };
      },
    }),
    operation({
      id: "removeUpstreamAccount",
      method: "delete",
      path: "/guests/:sub/upstream-accounts/:id",
      summary: "Remove a guest's account at a provider",
      details:
        "The guest still signs in with a code. A provider that proves the mailbox links the account again at the next sign-in there: suspend the guest, or change the provider, to keep somebody out. Sessions that it began go on: end them separately.",
      scope: "guests:write",
      own: false,
      params: Sub.extend({ id: Identifier }),
      status: 204,
      example: { params: { sub: exampleGuest.sub, id: example.id } },
      run: async ({ caller, params }) => {
        const { sub } = await readGuest(deps, params.sub);
        if (!(await accounts.remove(sub, params.id, caller.actor))) throw notFound("account");
        return { status: 204 };
      },
    }),
  ];
}
