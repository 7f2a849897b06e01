import { machine } from "../machine.ts";
import { median } from "../statistics.ts";
import { table } from "../table.ts";
import type { MailSystem } from "./throughput.ts";

interface Slice {
  /** Mails a second. */
  rate: number;
  /** Milliseconds. */
  latency: number;
}

const target = { rate: 0.7, latency: 1.5 };

export function printMailReport(results: Map<MailSystem, Slice[]>, { mails, clicks }: { mails: number; clicks: number }): void {
  const raw = results.get("raw") ?? [];
  console.log(`
${raw.length} slices of fresh processes a system, ${mails} mails and ${clicks} clicks in each, ${machine()}.
Node.js ${process.version}. Medians; ratios are taken within each slice, in brackets the lowest and the highest.
`);
  table(
    ["", ...results.keys()],
    [
      ["mails with a code, a second", ...[...results.values()].map((slices) => median(slices.map(({ rate }) => rate)).toFixed(0))],
      [
        "click to the mail server's 250, ms",
        ...[...results.values()].map((slices) => median(slices.map(({ latency }) => latency)).toFixed(1)),
      ],
    ],
  );
  console.log("");
  table(
    ["against raw nodemailer", "measured", "target", ""],
    [...results].flatMap(([system, slices]) => (system === "raw" ? [] : against(system, slices, raw))),
  );
}

function against(system: MailSystem, slices: Slice[], raw: Slice[]): string[][] {
  const ratios = (figure: (slice: Slice) => number) => slices.map((slice, turn) => figure(slice) / figure(raw[turn] as Slice));
  const rate = ratios((slice) => slice.rate);
  const latency = ratios((slice) => slice.latency);
  return [
    [`${system}: mails a second`, spread(rate), `at least ${target.rate}`, median(rate) >= target.rate ? "met" : "NOT met"],
    [`${system}: click to 250`, spread(latency), `at most ${target.latency}`, median(latency) <= target.latency ? "met" : "NOT met"],
  ];
}

function spread(values: number[]): string {
  return `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;
}
