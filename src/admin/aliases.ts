import { z } from "zod";
import type { Aliases, AliasOutcome } from "../guests/aliases.ts";
import { readGuest } from "./guest-access.ts";
import type { GuestOperationDeps } from "./guests.ts";
import { type AnyOperation, operation } from "./operation.ts";
import { notFound, Problem } from "./problem.ts";
import { AddressText, AliasResult, time } from "./schemas.ts";

export interface AliasOperationDeps extends GuestOperationDeps {
  aliases: Aliases;
}

const Sub = z.object({ sub: z.string().max(100) });
const Result = z.object({ aliases: z.array(AliasResult) });
const example = { aliases: [{ address: "ada@example.com", primary: true, mailbox: "7d7a", verified_at: null }] };
const params = { sub: "1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11" };

export function aliasOperations(deps: AliasOperationDeps): AnyOperation[] {
  const { guests, aliases } = deps;
  const listOf = async (sub: string) => ({
    aliases: (await guests.aliases(sub)).map(({ address, primary, mailboxId, verifiedAt }) => ({
      address,
      primary,
      mailbox: mailboxId,
      verified_at: time(verifiedAt),
    })),
  });

  return [
    operation({
      id: "addAlias",
      method: "post",
      path: "/guests/:sub/aliases",
      summary: "Add an address, in the primary's mailbox unless it is said to be another one",
      scope: "guests:write",
      own: false,
      params: Sub,
      body: z.strictObject({ email: AddressText, other_mailbox: z.boolean().default(false) }),
      result: Result,
      status: 201,
      example: { params, body: { email: "ada@other.example", other_mailbox: true }, result: example },
      run: async ({ caller, params: { sub }, body }) => {
        const guest = await readGuest(deps, sub);
        refuse(await aliases.add(guest, body.email, { otherMailbox: body.other_mailbox }, caller.actor));
        return { status: 201, body: await listOf(guest.sub) };
      },
    }),
    operation({
      id: "renameAlias",
      method: "post",
      path: "/guests/:sub/aliases/rename",
      summary: "Change an address in place: the guest and its invitations stay, the new mailbox has to be proven",
      scope: "guests:write",
      own: false,
      params: Sub,
      body: z.strictObject({ from: AddressText, to: AddressText }),
      result: Result,
      status: 200,
      example: { params, body: { from: "ada@example.com", to: "ada@new.example" }, result: example },
      run: async ({ caller, params: { sub }, body }) => {
        const guest = await readGuest(deps, sub);
        refuse(await aliases.rename(guest, body.from, body.to, caller.actor));
        return { status: 200, body: await listOf(guest.sub) };
      },
    }),
    operation({
      id: "makeAliasPrimary",
      method: "post",
      path: "/guests/:sub/aliases/make-primary",
      summary: "Make an address the primary one: it is the email claim from now on, and is proven afresh",
      scope: "guests:write",
      own: false,
      params: Sub,
      body: z.strictObject({ email: AddressText }),
      result: Result,
      status: 200,
      example: { params, body: { email: "ada@other.example" }, result: example },
      run: async ({ caller, params: { sub }, body }) => {
        const guest = await readGuest(deps, sub);
        refuse(await aliases.makePrimary(guest, body.email, caller.actor));
        return { status: 200, body: await listOf(guest.sub) };
      },
    }),
    operation({
      id: "removeAlias",
      method: "post",
      path: "/guests/:sub/aliases/remove",
      summary: "Remove an address; never the primary one",
      scope: "guests:write",
      own: false,
      params: Sub,
      body: z.strictObject({ email: AddressText }),
      result: Result,
      status: 200,
      example: { params, body: { email: "ada@other.example" }, result: example },
      run: async ({ caller, params: { sub }, body }) => {
        const guest = await readGuest(deps, sub);
        refuse(await aliases.remove(guest, body.email, caller.actor));
        return { status: 200, body: await listOf(guest.sub) };
      },
    }),
  ];
}

/** Addresses travel in bodies, never in paths. @throws Problem for every outcome but done */
function refuse(result: AliasOutcome): void {
  switch (result.outcome) {
    case "done":
      return;
    case "taken":
      throw new Problem(409, "Address taken", "The address belongs to a guest already: an address belongs to at most one.", {
        sub: result.sub,
      });
    case "no-such-alias":
      throw notFound("address of this guest");
    case "is-primary":
      throw new Problem(409, "Primary address", "A guest always has a primary address. Make another one primary first.");
  }
}
