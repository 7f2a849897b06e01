import { fetchUserInfo, type UserInfoResponse } from "openid-client";
import type { Guestpass, RegisteredApplication } from "./guestpass.ts";

/** Signs in with an address in a browser of its own. @returns what the application learns */
export async function whoIs(
  guestpass: Guestpass,
  application: RegisteredApplication,
  typed: string,
  /** Where the mail has to arrive. */
  mailbox: string = typed,
): Promise<UserInfoResponse> {
  const browser = guestpass.browser();
  const request = await guestpass.authorizationRequest(application);
  const before = guestpass.mail.to(mailbox).length;
  const page = await guestpass.askForCode(browser, request, typed);
  const code = await guestpass.mail.code(mailbox, before + 1);
  const tokens = await guestpass.redeem(request, await browser.submit(page, "/passcode", { code }));
  return fetchUserInfo(request.config, tokens.access_token, tokens.claims()?.sub as string);
}
