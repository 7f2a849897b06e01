// SharePoint's sharing report as invitations: one row for each person and item, of which the external people's are taken.
// Its columns: Resource Path, Item Type, Permission, User Name, User E-mail, User Or Group Type, Link ID, Link Type, AccessViaLinkID.
import { type Address, parseAddress } from "../guests/address.ts";
import { liesUnder } from "./invite.ts";

export interface ReportRow {
  row: number;
  resourcePath: string;
  userName: string;
  userEmail: string;
  userOrGroupType: string;
}

export interface ReportPlan {
  /** One for each address and target. */
  invitations: PlannedInvitation[];
  skipped: { row: number; why: string }[];
}

export interface PlannedInvitation {
  rows: number[];
  address: Address;
  name: string | null;
  /** The last part of the item's path. */
  label: string | null;
  targetUrl: string | null;
}

export interface ReportTargets {
  /** Origins that the application registered: a target that lies under none of them is left out. */
  origins: string[];
  /** Where relative paths lie now. */
  base: string | undefined;
}

export function planReport(rows: ReportRow[], targets: ReportTargets): ReportPlan {
  const planned = new Map<string, PlannedInvitation>();
  const skipped: ReportPlan["skipped"] = [];
  for (const row of rows) {
    const address = addressOf(row);
    if (typeof address === "string") {
      skipped.push({ row: row.row, why: address });
      continue;
    }
    const targetUrl = targetOf(row.resourcePath, targets);
    const key = JSON.stringify([address.key, targetUrl]);
    const before = planned.get(key);
    if (before) before.rows.push(row.row);
    else planned.set(key, { rows: [row.row], address, name: line(row.userName), label: labelOf(row.resourcePath), targetUrl });
  }
  return { invitations: [...planned.values()], skipped };
}

/** @returns the address, or why there is none to invite */
function addressOf({ userName, userEmail, userOrGroupType }: ReportRow): Address | string {
  if (/^sharing\s*link$/i.test(userName)) return "a sharing link, not a person";
  if (/group/i.test(userOrGroupType)) return "a group: its members are not in the report";
  if (!/^(external|guest)/i.test(userOrGroupType)) return "not an external person";
  if (userEmail === "") return "no address";
  return parseAddress(withoutDirectory(userEmail)) ?? "not an address that mail can be sent to";
}

/** A guest's name in Entra ID, "ada_example.com#EXT#@tenant.onmicrosoft.com", holds the address. */
function withoutDirectory(email: string): string {
  const [, local, domain] = /^(.+)_([^_]+)#EXT#@/i.exec(email) ?? [];
  return local !== undefined && domain !== undefined ? `${local}@${domain}` : email;
}

function labelOf(path: string): string | null {
  return line(decoded(path).split("/").filter(Boolean).at(-1) ?? "");
}

function targetOf(path: string, { origins, base }: ReportTargets): string | null {
  const url =
    URL.parse(path) ??
    (base === undefined ? null : URL.parse(decoded(path).split("/").filter(Boolean).map(encodeURIComponent).join("/"), base));
  return url && /^https?:$/.test(url.protocol) && liesUnder(origins, url.href) ? url.href : null;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A joiner that follows nothing, and whatever else does not show. */
const invisible = /(?<![^\s\p{Cc}\p{Cf}])[\u200c\u200d]|(?![\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** As one line that people read, or null where nothing is left. */
function line(text: string): string | null {
  return text.replace(invisible, "").trim().slice(0, 200) || null;
}
