// The problems with a configuration, one line each, under the names that an operator sets.
import type { z } from "zod";
import { environment } from "./environment.ts";
import { isLoopback } from "./loopback.ts";
import { readIssuer } from "./shape.ts";
import { branch, type Tree } from "./tree.ts";

/** @param issues what validation reports */
export function problemsOf(tree: Tree, issues: z.core.$ZodIssue[]): string[] {
  const own = issues.filter((issue) => !followsFromIssuer(issue, tree));
  return [...own.flatMap(describe), ...aboutIssuer(tree), ...aboutMail(tree)];
}

/** Whether a secret is needed is not known until the issuer can be read. */
function followsFromIssuer({ path }: z.core.$ZodIssue, tree: Tree): boolean {
  return path[0] === "secret" && tree["secret"] === undefined && !readIssuer(tree["issuer"]);
}

/** Problems between settings. Validation reports those of a single setting. */
function aboutMail(tree: Tree): string[] {
  const { smtpUrl, routes } = branch(tree, "mail");
  if (smtpUrl === undefined && routes === undefined)
    return readIssuer(tree["issuer"]) ? ["GUESTPASS_SMTP_URL (mail.smtpUrl): is missing"] : [];
  if (smtpUrl !== undefined && routes !== undefined) {
    return ["GUESTPASS_SMTP_URL and GUESTPASS_SMTP_ROUTES (mail.routes) set the same thing: use only one of them"];
  }
  return [];
}

function aboutIssuer(tree: Tree): string[] {
  const { mode, trustedProxies } = tree;
  const issuer = readIssuer(tree["issuer"]);
  if (!issuer) return [];
  const loopback = isLoopback(issuer);
  const problems: string[] = [];
  if (mode === "development" && !loopback) {
    problems.push(
      `GUESTPASS_MODE=development shows every mailed code to anyone who can open the page, so it needs a loopback issuer, not ${issuer.origin}`,
    );
  }
  if (mode === "production" && !loopback && issuer.protocol === "http:") {
    problems.push("GUESTPASS_ISSUER must begin with https:// unless it is a loopback address");
  }
  if (issuer.protocol === "https:" && Array.isArray(trustedProxies) && trustedProxies.length === 0) {
    problems.push(
      "GUESTPASS_TRUSTED_PROXIES must name the addresses (such as 10.0.0.5 or 10.0.0.0/8) of the proxy that terminates TLS: Guestpass itself speaks plain HTTP",
    );
  }
  return problems;
}

/** A line for each thing that is wrong, under the name that an operator sets it by. */
function describe(issue: z.core.$ZodIssue): string[] {
  const within = Object.entries(environment).find(([, [target]]) => `${issue.path.join(".")}.`.startsWith(`${target}.`));
  const [name, [path]] = within ?? ["", [issue.path.join(".")]];
  const below = issue.path.slice(path === "" ? 0 : path.split(".").length);
  const place = below.map((key) => `, ${typeof key === "number" ? `entry ${key + 1}` : String(key)}`).join("");
  const where = `${name ? `${name} (${path})` : path || "the configuration"}${place}`;
  if (issue.code !== "unrecognized_keys") return [`${where}: ${issue.message}`];
  return issue.keys.map((key) => `${where}: ${key} is not a setting of Guestpass`);
}
