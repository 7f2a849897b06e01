import { z } from "zod";
import { type AnyOperation, operation } from "../api/operation.ts";
import { changedMeanwhile, notFound, Problem } from "../api/problem.ts";
import type { Aliases, AliasOutcome } from "../guests/aliases.ts";
import type { Guest } from "../guests/guest.ts";
import { AddressText } from "./fields.ts";
import { type GuestAccessDeps, readGuest, subParam } from "./guest-access.ts";
import { AliasesResult, exampleAliases, exampleGuest, showAliases } from "./guest-results.ts";

export interface AliasOperationDeps extends Pick<GuestAccessDeps, "guests"> {
  aliases: Aliases;
}

const params = { sub: exampleGuest.sub };
/** Addresses travel in bodies, never in paths. */
const common = {
  method: "post" as const,
  scope: "guests:write" as const,
  own: false,
  versioned: true,
  params: z.object({ sub: subParam }),
  result: AliasesResult,
};

export function aliasOperations(deps: AliasOperationDeps): AnyOperation[] {
  const { guests, aliases } = deps;

  async function change(sub: string, ifMatch: number | undefined, work: (guest: Guest) => Promise<AliasOutcome>, status = 200) {
    const guest = await readGuest(deps, sub, ifMatch);
    refuse(await work(guest));
    const { updatedAt } = await readGuest(deps, guest.sub);
    return { status, body: showAliases(await guests.aliases(guest.sub)), version: updatedAt };
  }

  return [
    operation({
      ...common,
      id: "addAlias",
      path: "/guests/:sub/aliases",
      summary: "Add an address",
      details: "It shares the primary address's mailbox, and so its proof, unless `other_mailbox` is true.",
      creates: true,
      body: z.strictObject({ email: AddressText, other_mailbox: z.boolean().default(false) }),
      location: (_made, { sub }) => `/guests/${sub}`,
      status: 201,
      example: { params, body: { email: "ada@other.example", other_mailbox: true }, result: exampleAliases },
      run: ({ caller, params: { sub }, body, ifMatch }) =>
        change(sub, ifMatch, (guest) => aliases.add(guest, body.email, { otherMailbox: body.other_mailbox }, caller.actor, ifMatch), 201),
    }),
    operation({
      ...common,
      id: "renameAlias",
      path: "/guests/:sub/aliases/rename",
      summary: "Change an address in place: the guest keeps its invitations and must prove the new mailbox",
      details: "A mail tells the old address.",
      body: z.strictObject({ from: AddressText, to: AddressText }),
      status: 200,
      example: { params, body: { from: "ada@example.com", to: "ada@new.example" }, result: exampleAliases },
      run: ({ caller, params: { sub }, body, ifMatch }) =>
        change(sub, ifMatch, (guest) => aliases.rename(guest, body.from, body.to, caller.actor, ifMatch)),
    }),
    operation({
      ...common,
      id: "makeAliasPrimary",
      path: "/guests/:sub/aliases/make-primary",
      summary: "Make an address the primary one: it becomes the email claim and must be proven again",
      details: "A mail tells the address that was primary.",
      body: z.strictObject({ email: AddressText }),
      status: 200,
      example: { params, body: { email: "ada@other.example" }, result: exampleAliases },
      run: ({ caller, params: { sub }, body, ifMatch }) =>
        change(sub, ifMatch, (guest) => aliases.makePrimary(guest, body.email, caller.actor, ifMatch)),
    }),
    operation({
      ...common,
      id: "removeAlias",
      path: "/guests/:sub/aliases/remove",
      summary: "Remove an address that is not the primary one",
      details: "Invitations sent to it end. A mail tells the address.",
      body: z.strictObject({ email: AddressText }),
      status: 200,
      example: { params, body: { email: "ada@other.example" }, result: exampleAliases },
      run: ({ caller, params: { sub }, body, ifMatch }) =>
        change(sub, ifMatch, (guest) => aliases.remove(guest, body.email, caller.actor, ifMatch)),
    }),
  ];
}

/** @throws Problem for every outcome but done */
function refuse(result: AliasOutcome): void {
  switch (result.outcome) {
    case "done":
      return;
    case "changed":
      throw changedMeanwhile();
    case "taken":
      throw new Problem(409, "Address taken", "The address already belongs to a guest. An address belongs to one guest at most.", {
        sub: result.sub,
      });
    case "no-such-alias":
      throw notFound("address of this guest");
    case "is-primary":
      throw new Problem(409, "Primary address", "A guest always has a primary address. Make another address primary first.");
  }
}
