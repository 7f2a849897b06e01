// Options that many commands have, and how their values are read.
import { InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { InputError } from "../errors.ts";

export const jsonOption = () => new Option("--json", "print JSON").default(false);
export const yesOption = () => new Option("--yes", "do not ask for confirmation").default(false);
export const limitOption = () => new Option("--limit <count>", "how many to list at most").default(1000).argParser(toCount);

/** For an option that may be given again. */
export function collect(value: string, all: string[] = []): string[] {
  return [...all, value];
}

export function toHostname(text: string): string {
  if (!z.hostname().safeParse(text).success) throw new InvalidArgumentError("It must be a valid DNS name, such as example.com.");
  return text;
}

export function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("It must be a whole number, 1 or more.");
  return count;
}

/** As toNumber; an empty value removes the setting. */
export function toNumberOrNothing(text: string): number | "" {
  return text === "" ? "" : toNumber(text);
}

export function toNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number)) throw new InvalidArgumentError("It must be a number.");
  return number;
}

/** A time as the administration API takes it (RFC 3339). A date alone is its first moment, UTC. */
export function toTime(text: string): string {
  if (!z.union([z.iso.datetime({ offset: true }), z.iso.date()]).safeParse(text).success)
    throw new InvalidArgumentError("It must be a date such as 2027-06-30 or a time such as 2027-06-30T12:00:00Z.");
  return text;
}

/** As toTime; "never", or an empty value, removes the setting. */
export function toTimeOrNever(text: string): string {
  return text === "never" || text === "" ? "" : toTime(text);
}

/** The options that were given, under the names of the administration API. An empty value is null there, or an empty list. */
export function given(options: object, names: Record<string, string>): Record<string, unknown> {
  const values = options as Record<string, unknown>;
  const named = Object.entries(names).map(([option, name]): [string, unknown] => [name, values[option]]);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined).map(([name, value]) => [name, withoutEmpty(value)]));
}

/** @throws InputError if nothing is to be changed */
export function requireChange(change: object): void {
  if (Object.keys(change).length === 0) throw new InputError("Give at least one option to change. --help lists them.");
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => each !== "");
  return value === "" ? null : value;
}
