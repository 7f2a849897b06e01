// What the arguments of commands name. All of them throw InputError where it is not there.
import type { App } from "../app.ts";
import type { Application } from "../applications/application.ts";
import { InputError } from "../errors.ts";
import { type Address, parseAddress } from "../guests/address.ts";
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
  const address = parseAddress(typed);
  if (!address) throw new InputError(`${typed} is not an email address that mail can be sent to. It should look like name@example.com.`);
  return address;
}
