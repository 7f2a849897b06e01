// A mail provider's report about one mail, in one form for all providers.
import { z } from "zod";
import { parseJson } from "../../json.ts";
import type { Report } from "../report.ts";

export interface ProviderEvent {
  /** How the mail is found, the surest first: its return path, its Message-ID, or the id that the provider gave it. */
  mail: { returnPath?: string | undefined; messageId?: string | undefined; providerId?: string | undefined };
  /** complaint: it arrived, and its owner complained. suppressed: the provider no longer sends to the address. */
  kind: "report" | "complaint" | "suppressed";
  report: Report;
}

/** One provider's webhook: verified as the provider documents, then read. */
export interface Provider {
  /** The end of the path. */
  name: string;
  /**
   * @returns the body as JSON, or why it is not trusted. `once`: the signature covers this token alone, which therefore may not come
   * with another body
   */
  verify(request: ProviderRequest): Promise<{ body: unknown; once?: string } | { problem: string }>;
  events(body: unknown): ProviderEvent[];
}

export interface ProviderRequest {
  raw: Buffer;
  ip: string;
  header(name: string): string;
}

/** The provider could not be asked whether the request is its own. It may report the same again later. */
export class ProviderAway extends Error {}

/** A field of text. If it is null or something else, the event says nothing there, and the other events of the body still count. */
export const said = z
  .unknown()
  .optional()
  .transform((value) => (typeof value === "string" ? value : undefined));

type Told = Partial<Pick<Report, "status" | "diagnostic" | "server">> & { recipient: string | undefined };

export function failure({ recipient, status = "", diagnostic = "", server }: Told, action = "failed"): Report {
  return { finalRecipient: recipient, originalRecipient: undefined, action, status, diagnostic, server };
}

/** @throws SyntaxError, TooMuchError */
export function jsonOf({ raw }: ProviderRequest): { body: unknown } {
  return { body: parseJson(raw.toString("utf8")) };
}
