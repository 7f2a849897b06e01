// Passkeys with which a guest signs in between two codes.
import { z } from "zod";
import { type AnyOperation, operation } from "../api/operation.ts";
import { notFound } from "../api/problem.ts";
import type { Guests } from "../guests/guests.ts";
import { deviceName } from "../mail/browser-name.ts";
import type { GuestPasskeys } from "../passkeys/passkeys.ts";
import { Identifier, time } from "./fields.ts";
import { readGuest, subParam } from "./guest-access.ts";
import { exampleGuest } from "./guest-results.ts";

export interface PasskeyOperationDeps {
  guests: Guests;
  passkeys: GuestPasskeys;
}

const Sub = z.object({ sub: subParam });
const PasskeyResult = z
  .object({
    id: z.string(),
    email: z.string().describe("The address of the mailbox that it belongs to, and goes with"),
    device: z.string().nullable().describe("The browser that it was made in, as it calls itself"),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "Passkey" });
const example = {
  id: "0b7b2f6e-51f5-4c40-a1b5-2f7a3f0b1c11",
  email: "ada@example.com",
  device: "Firefox, Linux",
  created_at: "2026-11-24T08:00:00.000Z",
  last_used_at: null,
};

export function passkeyOperations(deps: PasskeyOperationDeps): AnyOperation[] {
  const { passkeys } = deps;

  return [
    operation({
      id: "listPasskeys",
      method: "get",
      path: "/guests/:sub/passkeys",
      summary: "A guest's passkeys, which sign in between two codes and prove nothing",
      scope: "guests:read",
      own: false,
      params: Sub,
      result: z.object({ items: z.array(PasskeyResult) }),
      status: 200,
      example: { params: { sub: exampleGuest.sub }, result: { items: [example] } },
      run: async ({ params }) => {
        const { sub } = await readGuest(deps, params.sub);
        const items = (await passkeys.list(sub)).map(({ id, address: email, device, createdAt, lastUsedAt }) => ({
          id,
          email,
          device: device && (deviceName(device) ?? device),
          created_at: time(createdAt),
          last_used_at: time(lastUsedAt),
        }));
        return { status: 200, body: { items } };
      },
    }),
    operation({
      id: "removePasskey",
      method: "delete",
      path: "/guests/:sub/passkeys/:id",
      summary: "Remove a guest's passkey and tell the mailbox; the guest still signs in with a code",
      details: "Sessions that it began go on: end them separately.",
      scope: "guests:write",
      own: false,
      params: Sub.extend({ id: Identifier }),
      status: 204,
      example: { params: { sub: exampleGuest.sub, id: example.id } },
      run: async ({ caller, params }) => {
        const { sub } = await readGuest(deps, params.sub);
        if (!(await passkeys.remove(sub, params.id, caller.actor))) throw notFound("passkey");
        return { status: 204 };
      },
    }),
  ];
}
