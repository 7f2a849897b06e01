// Which domains may be invited and sign in: the lists that hold everywhere, and the application's own.
import type { Application } from "../applications/application.ts";
import { parseAddress } from "../guests/address.ts";
import { matchesDomain, type Settings } from "../settings/settings.ts";

/** Whether any domain is refused. */
export function hasLists(settings: Settings, { admission, policy }: Application): boolean {
  if (admission === "domains") return true;
  return [settings.allowDomains, settings.denyDomains, policy.allowDomains, policy.denyDomains].some((list) => list.length > 0);
}

/** `domains` without a list admits nobody. */
export function allowsDomain(settings: Settings, { admission, policy }: Application, domain: string): boolean {
  if (matchesDomain(settings.denyDomains, domain) || matchesDomain(policy.denyDomains, domain)) return false;
  if (settings.allowDomains.length > 0 && !matchesDomain(settings.allowDomains, domain)) return false;
  const listed = policy.allowDomains.length > 0 || admission === "domains";
  return !listed || matchesDomain(policy.allowDomains, domain);
}

/** As allowsDomain, of a whole address. */
export function allowsAddress(settings: Settings, application: Application, address: string): boolean {
  return allowsDomain(settings, application, parseAddress(address)?.domain ?? "");
}
