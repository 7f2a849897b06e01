// The name and the language that a guest wants.
import type { Context } from "koa";
import { type GuestChange, longestName, oneLine } from "../guests/guest.ts";
import { field } from "../http/forms.ts";
import { inLanguageOf } from "../http/site.ts";
import type { AccountDeps, Visit } from "./visit.ts";
import { base, goOn } from "./ways.ts";

/** @returns false if the name cannot be shown */
export async function saveKnown(ctx: Context, deps: AccountDeps, { guest, by }: Visit): Promise<boolean> {
  const name = field(ctx, "name").trim();
  if (name.length > longestName || !oneLine.test(name)) return false;
  const asked = field(ctx, "language");
  const language = deps.texts.languages.find((each) => each === asked);
  const change: GuestChange = { name: name === "" ? null : name, ...(language === undefined ? {} : { locale: language }) };
  for (let now = guest; !(await deps.guests.update(now, change, by)); ) {
    const changed = await deps.guests.findBySub(guest.sub);
    if (changed?.sub !== guest.sub) break;
    now = changed;
  }
  goOn(ctx, language === undefined ? `${base}?done=saved` : inLanguageOf(`${base}?done=saved`, language));
  return true;
}
