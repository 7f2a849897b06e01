// The columns of a list that somebody chose. The choice is in the URL, and this browser keeps it.
import { type Html, html } from "../../http/html.ts";
import type { Desk } from "../desk.ts";
import type { Column } from "./parts.ts";

/** A column that can be left out. */
export interface Choosable<Row> extends Column<Row> {
  /** In the URL. */
  key: string;
  /** The columns of the list's CSV that say the same. */
  csv: string[];
  /** Shown only to people who choose it. */
  extra?: boolean;
}

export interface ChosenColumns<Row> {
  columns: Column<Row>[];
  /** For links to other pages of the list. */
  query: { columns?: string };
  /** Columns of the CSV, separated by spaces; "" for all of them. */
  csv: string;
  form: Html;
}

/** In place of a choice: the columns that are shown if nothing was chosen. */
const usual = "usual";
/** Seconds. */
const keptFor = 365 * 86_400;

/**
 * @param list its name in the console's path
 * @param always columns of the CSV that are never left out
 * @param filters of the list, kept when columns are chosen
 * @returns undefined if columns were just chosen, and the answer redirects to them
 */
export function chosenColumns<Row>(
  desk: Desk,
  list: string,
  always: string[],
  all: Choosable<Row>[],
  filters: Record<string, string>,
): ChosenColumns<Row> | undefined {
  const { ctx, base } = desk;
  const known = (keys: string[]) => all.filter(({ key }) => keys.includes(key));
  const named = (columns: Choosable<Row>[]) => columns.map(({ key }) => key).join(".");
  if (desk.query("choose") !== "") {
    const sent = [ctx.query["column"] ?? []].flat();
    desk.go(`/${list}?${new URLSearchParams({ ...filters, columns: named(known(sent)) || usual })}`);
    return undefined;
  }
  const cookie = `guestpass_columns_${list}`;
  const asked = desk.query("columns");
  if (asked !== "") {
    const kept = named(known(asked.split(".")));
    const options = { path: base, httpOnly: true, sameSite: "strict", secure: ctx.secure, signed: false } as const;
    ctx.cookies.set(cookie, kept, { ...options, maxAge: kept === "" ? 0 : keptFor * 1000 });
  }
  const text = asked || ctx.cookies.get(cookie, { signed: false }) || "";
  const chosen = known(text.split("."));
  const columns = chosen.length > 0 ? chosen : all.filter(({ extra }) => !extra);
  const boxes = all.map(
    ({ key, name }) =>
      html`<label class="choice"><input type="checkbox" name="column" value="${key}"${columns.some((each) => each.key === key) && html` checked`}> ${name}</label>`,
  );
  const hidden = Object.entries(filters).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
  return {
    columns,
    query: chosen.length > 0 ? { columns: named(chosen) } : {},
    csv: chosen.length > 0 ? [...always, ...chosen.flatMap(({ csv }) => csv)].join(" ") : "",
    form: html`<details class="more"><summary>Columns</summary><form method="get" action="${base}/${list}" class="card"><input type="hidden" name="choose" value="yes">${hidden}
<div class="columns">${boxes}</div><div class="pages"><button>Show these columns</button>${desk.link(`/${list}?${new URLSearchParams({ ...filters, columns: usual })}`, "The usual ones")}</div>
<p class="help">This browser keeps the choice. The CSV has the same columns.</p></form></details>`,
  };
}
