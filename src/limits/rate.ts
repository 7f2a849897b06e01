import { day, hour, minute, second } from "../clock.ts";

/** The most uses in a period. */
export interface Rate {
  most: number;
  /** Milliseconds. */
  period: number;
}

const units: Record<string, number> = { s: second, m: minute, h: hour, d: day };

/** As rates are configured: "5/15m" is five in 15 minutes; s, m, h and d are seconds, minutes, hours and days. */
export type WrittenRates = readonly string[];

export function parseRates(written: WrittenRates): Rate[] {
  return written.map((text) => {
    const [, most, count, unit] = /^(\d+)\/(\d+)([smhd])$/.exec(text) as unknown as [string, string, string, string];
    return { most: Number(most), period: Number(count) * (units[unit] as number) };
  });
}
