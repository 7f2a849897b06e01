// The guests' own page, as its tests use it.
import type { Application } from "../../src/applications/application.ts";
import { operator } from "../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../src/guests/address.ts";
import type { Answer, Browser } from "./browser.ts";
import type { Guestpass } from "./guestpass.ts";

const day = 86_400_000;

/** Signs in where the page asks for it. */
export async function enterAccount(guestpass: Guestpass, browser: Browser, address: string, page?: Answer): Promise<Answer> {
  const before = guestpass.mail.to(address).length;
  const asked = await browser.submit(page ?? (await browser.open(`${guestpass.issuer}/account`)), "/email", { email: address });
  return browser.submit(asked, "/passcode", { code: await guestpass.mail.code(address, before + 1) });
}

/** Invites to the application, without a mail. @returns the guest's sub */
export async function inviteQuietly(
  guestpass: Guestpass,
  clientId: string,
  address: string,
  accessEndsAt: number | null = null,
): Promise<string> {
  const { invitations, applications } = guestpass.server.app;
  const outcome = await invitations.invite(
    {
      application: (await applications.read(clientId)) as Application,
      address: parseAddress(address) as Address,
      targetUrl: null,
      label: undefined,
      name: null,
      locale: null,
      sponsorName: "Grace Hopper",
      sponsorEmail: "grace@contoso.example",
      message: null,
      reverificationDays: null,
      redeemBy: guestpass.clock.now() + 30 * day,
      accessEndsAt,
      sendMail: false,
    },
    operator,
  );
  if (outcome.outcome !== "invited") throw new Error(outcome.outcome);
  return outcome.invitation.guestSub;
}
