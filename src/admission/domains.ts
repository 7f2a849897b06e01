// The domains that may be invited and sign in: the general lists, and the application's own.
import type { Application } from "../applications/application.ts";
import { parseAddress } from "../guests/address.ts";
import { matchesDomain, type Settings } from "../settings/settings.ts";

/** Whether any domain is refused. */
export function hasLists(settings: Settings, { admission, policy }: Application): boolean {
  if (admission === "domains") return true;
  return [settings.allowDomains, settings.denyDomains, policy.allowDomains, policy.denyDomains].some((list) => list.length > 0);
}

/** A list that refuses a domain. */
export interface DomainRule {
  /** The owner of the list. */
  source: "settings" | "application";
  /** deny names the domain; allow does not. */
  list: "deny" | "allow";
  /** On a list of refused domains, the matching entry: the domain itself, or a pattern such as *.example.com. On the other list, null. */
  pattern: string | null;
}

/** The list that refuses the domain; undefined if none does. `domains` without a list admits nobody. */
export function refusing(settings: Settings, { admission, policy }: Application, domain: string): DomainRule | undefined {
  const denied = (patterns: string[]) => patterns.find((pattern) => matchesDomain([pattern], domain));
  const [everywhere, here] = [denied(settings.denyDomains), denied(policy.denyDomains)];
  if (everywhere !== undefined) return { source: "settings", list: "deny", pattern: everywhere };
  if (here !== undefined) return { source: "application", list: "deny", pattern: here };
  const allow = { list: "allow", pattern: null } as const;
  if (settings.allowDomains.length > 0 && !matchesDomain(settings.allowDomains, domain)) return { source: "settings", ...allow };
  const listed = policy.allowDomains.length > 0 || admission === "domains";
  return listed && !matchesDomain(policy.allowDomains, domain) ? { source: "application", ...allow } : undefined;
}

export function allowsDomain(settings: Settings, application: Application, domain: string): boolean {
  return refusing(settings, application, domain) === undefined;
}

/** As allowsDomain, of a whole address. */
export function allowsAddress(settings: Settings, application: Application, address: string): boolean {
  return allowsDomain(settings, application, parseAddress(address)?.domain ?? "");
}
