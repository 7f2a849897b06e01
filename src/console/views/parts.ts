// The building blocks of the console's pages.
import { type Html, html } from "../../http/html.ts";

export type Part = Html | string | number | false | null | undefined;

export interface Column<Row> {
  name: string;
  /** Shown instead of the name. */
  head?: Html;
  cell(row: Row): Part;
  /** Right-aligned. */
  number?: boolean;
  /** The last one, with the actions. */
  acts?: boolean;
}

/** @param empty what to do if there is nothing */
export function table<Row>(rows: Row[], columns: Column<Row>[], { caption, empty }: { caption: string; empty: Part }): Html {
  if (rows.length === 0) return html`<p class="note">${empty}</p>`;
  const kind = ({ number, acts }: Column<Row>) => (number ? "number" : acts ? "acts" : "");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
<table><thead><tr>${columns.map((column) => html`<th scope="col" class="${kind(column)}">${column.head ?? (column.name || html`<span class="unseen">Acts</span>`)}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${columns.map((column) => html`<td class="${kind(column)}" data-name="${column.name}">${column.cell(row)}</td>`)}</tr>`)}</tbody></table>
</div>`;
}

export type Mood = "good" | "wait" | "bad" | "plain";

/** A state, with a word: never by colour alone. */
export function badge(word: string, mood: Mood = "plain"): Html {
  return html`<span class="badge ${mood}">${word}</span>`;
}

/** A line without a value is left out. */
export function facts(all: [label: string, value: Part][]): Html {
  const known = all.filter(([, value]) => value !== undefined && value !== null && value !== false && value !== "");
  return html`<dl>${known.map(([label, value]) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>`;
}

/** Times, in the reader's time zone. */
export class Times {
  readonly #now: number;
  readonly #zone: string;
  readonly #moment: Intl.DateTimeFormat;
  readonly #relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

  constructor(now: number, zone: string) {
    this.#now = now;
    this.#zone = zone;
    this.#moment = format(zone);
  }

  /** How long ago, or in how long; on hover the moment, in the zone and in UTC. @param at RFC 3339 */
  ago(at: string | null | undefined): Html | undefined {
    if (at === null || at === undefined) return undefined;
    const moment = Date.parse(at);
    return html`<time datetime="${at}" title="${this.#exactly(moment)}">${this.#inWords(moment - this.#now)}</time>`;
  }

  /** The moment, in the zone; on hover in UTC. */
  at(at: string | null | undefined): Html | undefined {
    if (at === null || at === undefined) return undefined;
    const moment = Date.parse(at);
    return html`<time datetime="${at}" title="${this.#exactly(moment)}">${this.#moment.format(moment)}</time>`;
  }

  #exactly(moment: number): string {
    const utc = `${inUtc.format(moment)} UTC`;
    return this.#zone === "UTC" ? utc : `${this.#moment.format(moment)} ${this.#zone}, ${utc}`;
  }

  #inWords(difference: number): string {
    const steps: [Intl.RelativeTimeFormatUnit, number][] = [
      ["year", 31_536_000_000],
      ["month", 2_592_000_000],
      ["day", 86_400_000],
      ["hour", 3_600_000],
      ["minute", 60_000],
    ];
    const [unit, length] = steps.find(([, milliseconds]) => Math.abs(difference) >= milliseconds) ?? ["second", 1000];
    return unit === "second" ? (difference > 0 ? "in a moment" : "just now") : this.#relative.format(Math.trunc(difference / length), unit);
  }
}

/** Creating one takes longer than everything else in a row of a table. */
const inUtc = format("UTC");

function format(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: zone });
}

interface FieldOptions {
  value?: string | undefined;
  help?: string;
  wrong?: string | undefined;
  type?: "text" | "email" | "number" | "search" | "date" | "url" | "color" | "password";
  required?: boolean;
  autocomplete?: string;
  rows?: number;
}

/** A labelled field with its help and its error. */
export function textField(name: string, label: string, options: FieldOptions = {}): Html {
  const { value, help, wrong, type = "text", required, autocomplete = "off", rows } = options;
  const described = [wrong && `${name}-wrong`, help && `${name}-help`].filter(Boolean).join(" ");
  const common = html`id="${name}" name="${name}"${described && html` aria-describedby="${described}"`}${wrong && html` aria-invalid="true"`}${required && html` required`}`;
  const control =
    rows === undefined
      ? html`<input type="${type}" ${common} value="${value ?? ""}" autocomplete="${autocomplete}"${type === "number" && html` step="any"`}>`
      : html`<textarea ${common} rows="${rows}">
${value ?? ""}</textarea>`;
  return html`<div class="field${wrong && " bad"}"><label for="${name}">${label}</label>${control}
${wrong && html`<span class="wrong" id="${name}-wrong">${wrong}</span>`}${help && html`<span class="help" id="${name}-help">${help}</span>`}</div>`;
}

export function choiceField(
  name: string,
  label: string,
  choices: [value: string, label: string][],
  { value, help, wrong }: Pick<FieldOptions, "value" | "help" | "wrong"> = {},
): Html {
  const described = [wrong && `${name}-wrong`, help && `${name}-help`].filter(Boolean).join(" ");
  return html`<div class="field${wrong && " bad"}"><label for="${name}">${label}</label>
<select id="${name}" name="${name}"${described && html` aria-describedby="${described}"`}>${choices.map(
    ([each, text]) => html`<option value="${each}"${each === value && html` selected`}>${text}</option>`,
  )}</select>${wrong && html`<span class="wrong" id="${name}-wrong">${wrong}</span>`}${help && html`<span class="help" id="${name}-help">${help}</span>`}</div>`;
}

/** The way to the next page of a list, by its cursor. */
export function pager(path: string, query: Record<string, string>, next: string | null | undefined): Html {
  const link = (extra: Record<string, string>) => `${path}?${new URLSearchParams({ ...query, ...extra })}`;
  const { cursor, ...others } = query;
  return html`<nav class="pages" aria-label="Pages">${
    cursor !== undefined && html`<a href="${path}?${new URLSearchParams(others).toString()}">First page</a>`
  }${next && html`<a href="${link({ cursor: next })}" rel="next">Next page</a>`}</nav>`;
}
interface Bar {
  label: string;
  value: number;
  second?: number;
}

/** Bars with the table of their numbers behind them. */
export function barChart(title: string, bars: Bar[], names: { first: string; second?: string }): Html {
  const most = Math.max(1, ...bars.map(({ value, second = 0 }) => Math.max(value, second)));
  const width = 640;
  const height = 120;
  const step = width / Math.max(1, bars.length);
  const tall = (value: number) => Math.round((value / most) * height);
  const bar = (x: number, value: number, kind: string, wide: number) =>
    html`<rect class="${kind}" x="${x.toFixed(1)}" y="${height - tall(value)}" width="${wide.toFixed(1)}" height="${tall(value)}"/>`;
  const two = names.second !== undefined;
  const wide = Math.max(1, step * (two ? 0.4 : 0.8));
  const ends = bars.length <= 8 ? bars : [bars[0], bars.at(-1)];
  const labels = ends.map((each) => html`<span>${each?.label}</span>`);
  // The drawing is as wide as the screen; text in it would shrink with it.
  return html`<figure class="card"><figcaption><h2>${title}</h2></figcaption>
<p class="axis" aria-hidden="true">${most.toLocaleString("en")}</p>
<svg class="chart" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${title}: the table below has the numbers">
${bars.flatMap(({ value, second = 0 }, index) => [bar(index * step, value, "bar1", wide), two ? bar(index * step + wide, second, "bar2", wide) : html``])}
</svg>
<p class="axis ${bars.length > 8 && "ends"}" aria-hidden="true">${labels}</p>
<details><summary>As a table</summary>${table(
    bars,
    [
      { name: "When", cell: ({ label }) => label },
      { name: names.first, number: true, cell: ({ value }) => value },
      ...(two ? [{ name: names.second ?? "", number: true, cell: ({ second }: Bar) => second }] : []),
    ],
    { caption: title, empty: "Nothing yet." },
  )}</details></figure>`;
}

/** The values typed into a field that takes several, one per line. */
export function several(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}

/** The same for domains: a pasted list may have commas. */
export function severalDomains(text = ""): string[] {
  return several(text.replaceAll(",", " "));
}
