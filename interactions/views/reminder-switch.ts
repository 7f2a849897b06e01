import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import type { ReminderState } from "../../src/reverification/reminder-switch.ts";
import type { Translate } from "../../src/texts/texts.ts";

export interface ReminderSwitchData {
  reminders: ReminderState;
  action: string;
  organisation: string;
}

/** Says whether reminders are on, with a button for the opposite. */
export function reminderSwitchPage(translate: Translate, { reminders, action, organisation }: ReminderSwitchData): Page {
  if (reminders === "gone") return { title: translate("reminders.ended"), body: html`<p>${translate("reminders.ended.lead")}</p>` };
  const on = reminders === "on";
  return {
    title: translate(on ? "reminders.on" : "reminders.off"),
    body: html`<p>${translate("reminders.what", { organisation })}</p>
<form method="post" action="${action}">
<input type="hidden" name="reminders" value="${on ? "off" : "on"}">
<button class="primary" type="submit">${translate(on ? "reminders.stop" : "reminders.start")}</button>
</form>`,
  };
}
