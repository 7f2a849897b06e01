// Finds the records that the arguments of commands name. Each throws InputError if there is none.
import type { App } from "../app.ts";
import type { Application } from "../applications/application.ts";
import { InputError } from "../errors.ts";
import type { Address } from "../guests/address.ts";
import { readAddress } from "../guests/directory-names.ts";
import type { Guest } from "../guests/guest.ts";

/** @param who any address of the guest, or the sub; one that was merged away names the survivor */
export async function findGuest({ guests }: Pick<App, "guests">, who: string): Promise<Guest> {
  const sub = who.includes("@") ? (await guests.findOwner(toAddress(who)))?.sub : who;
  const guest = sub === undefined ? undefined : await guests.findBySub(sub);
  if (!guest) throw new InputError(`There is no guest ${who}.`);
  return guest;
}

/** As stored at this moment. */
export async function findApplication({ applications }: Pick<App, "applications">, clientId: string): Promise<Application> {
  const application = await applications.read(clientId);
  if (!application) throw new InputError(`There is no application with the client id ${clientId}.`);
  return application;
}

export function toAddress(typed: string): Address {
  const address = readAddress(typed);
  if (typeof address === "string") throw new InputError(`"${typed}" ${address}.`);
  return address;
}
