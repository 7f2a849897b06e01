// The name that the browser gives itself. Only well-known names are accepted, because a stranger can put anything into the header. The
// place is left out: a network address allows only a guess, and a wrong guess alarms the right person.
import { BROWSER_MAP, getParser, OS_MAP } from "bowser";

const browsers = new Set<string>(Object.values(BROWSER_MAP));
const systems = new Set<string>(Object.values(OS_MAP));
const longest = 400;

export interface BrowserName {
  browser: string;
  system: string | undefined;
}

/** @param userAgent the User-Agent header (RFC 9110, 10.1.5) @returns undefined if it names no known browser */
export function browserName(userAgent: string): BrowserName | undefined {
  if (userAgent === "") return undefined;
  const parser = getParser(userAgent.slice(0, longest), true);
  const browser = parser.getBrowserName();
  const system = parser.getOSName();
  return browsers.has(browser) ? { browser, system: systems.has(system) ? system : undefined } : undefined;
}

/** The browser and its system as one line, such as "Firefox, Linux"; undefined for an unknown browser. */
export function deviceName(userAgent: string): string | undefined {
  const name = browserName(userAgent);
  return name && [name.browser, name.system].filter(Boolean).join(", ");
}
