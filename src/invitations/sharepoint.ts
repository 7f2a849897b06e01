// SharePoint's sharing report as invitations: one row for each person and item. Only the rows of external people are used.
// Its columns: Resource Path, Item Type, Permission, User Name, User E-mail, User Or Group Type, Link ID, Link Type, AccessViaLinkID.
import { setImmediate } from "node:timers/promises";
import { type Address, parseAddress } from "../guests/address.ts";
import { isDirectoryName, readAddress } from "../guests/directory-names.ts";
import { excerpt } from "../texts/excerpt.ts";
import { liesUnder } from "./invitation.ts";

export interface ReportRow {
  row: number;
  resourcePath: string;
  userName: string;
  userEmail: string;
  userOrGroupType: string;
  /** Why the row cannot be trusted. */
  wrong: string | undefined;
}

export interface ReportPlan {
  /** One for each address and target. */
  invitations: PlannedInvitation[];
  skipped: { row: ReportRow; why: string }[];
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

/** Rows to look at before others get their turn. */
const rowsInOneTurn = 200;

export async function planReport(rows: ReportRow[], targets: ReportTargets): Promise<ReportPlan> {
  const planned = new Map<string, PlannedInvitation>();
  const skipped: ReportPlan["skipped"] = [];
  for (const [index, row] of rows.entries()) {
    if (index % rowsInOneTurn === 0) await setImmediate();
    const address = addressOf(row);
    if (typeof address === "string") {
      skipped.push({ row, why: address });
      continue;
    }
    const targetUrl = targetOf(row.resourcePath, targets);
    const key = JSON.stringify([address.key, targetUrl]);
    const before = planned.get(key);
    if (before) before.rows.push(row.row);
    else planned.set(key, { rows: [row.row], address, name: nameOf(row), label: labelOf(row.resourcePath), targetUrl });
  }
  return { invitations: [...planned.values()], skipped };
}

/** @returns the address, or why there is none to invite */
function addressOf({ userName, userEmail, userOrGroupType, wrong }: ReportRow): Address | string {
  if (wrong !== undefined) return wrong;
  if (/^sharing\s*link$/i.test(userName)) return "a sharing link, not a person";
  if (/group/i.test(userOrGroupType)) return "a group: its members are not in the report";
  if (!/^(external|guest)/i.test(userOrGroupType)) return "not an external person";
  const text = userEmail === "" && isSignInName(userName) ? userName : userEmail;
  if (text === "") return "no address";
  const address = readAddress(text);
  return typeof address === "string" ? `its address ${address}` : address;
}

/** It is a sign-in name if the person has never given a name. */
function nameOf({ userName }: ReportRow): string | null {
  return isSignInName(userName) ? null : excerpt(userName) || null;
}

function isSignInName(userName: string): boolean {
  return isDirectoryName(userName) || parseAddress(userName) !== undefined;
}

function labelOf(path: string): string | null {
  return excerpt(segmentsOf(path).at(-1) ?? "") || null;
}

/** A path with ".." has no target: it would lead out of the base. */
function targetOf(path: string, { origins, base }: ReportTargets): string | null {
  const segments = segmentsOf(path);
  if (segments.some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))) return null;
  const url = URL.parse(path) ?? (base === undefined ? null : under(base, segments));
  return url && /^https?:$/.test(url.protocol) && liesUnder(origins, url.href) ? url.href : null;
}

/** The base is a folder, whether or not it ends with a slash. */
function under(base: string, segments: string[]): URL | null {
  const url = URL.parse(base);
  if (!url) return null;
  return URL.parse(segments.map(encodeURIComponent).join("/"), `${url.origin}${url.pathname.replace(/\/*$/, "/")}`);
}

/** Backslashes are separators too, as browsers read them. */
function segmentsOf(path: string): string[] {
  return decoded(path)
    .split(/[/\\]/)
    .map((segment) => segment.trim())
    .filter(Boolean);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
