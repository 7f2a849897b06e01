// Turns a guest's reminders off and on. A mail program posts to the link by itself (RFC 8058): without a cookie and without a form token,
// which are not needed, because the link alone is enough. Opening it changes nothing (mail scanners open links).
import Router from "@koa/router";
import type { Context } from "koa";
import { field, formBody } from "../src/http/forms.ts";
import { networkOf } from "../src/http/network.ts";
import { sendPage } from "../src/http/page.ts";
import { readerOf } from "../src/http/reader.ts";
import type { ReminderSwitch } from "../src/reverification/reminder-switch.ts";
import type { Texts } from "../src/texts/texts.ts";
import { unknownInvitationPage } from "./views/invitation.ts";
import { reminderSwitchPage } from "./views/reminder-switch.ts";

export interface ReminderSwitchDeps {
  reminderSwitch: ReminderSwitch;
  texts: Texts;
  organisation: string;
}

export function reminderSwitchRoutes(deps: ReminderSwitchDeps): Router {
  const router = new Router();
  router.get("/reminders/:token", (ctx) => show(ctx, deps));
  router.post("/reminders/:token", formBody, async (ctx) => {
    const { reminderSwitch } = deps;
    const opened = await reminderSwitch.open(ctx["params"].token ?? "");
    if (opened) await reminderSwitch.set(opened.sub, field(ctx, "reminders") === "on", networkOf(ctx.ip));
    await show(ctx, deps);
  });
  return router;
}

async function show(ctx: Context, { reminderSwitch, texts, organisation }: ReminderSwitchDeps): Promise<void> {
  const { token = "" } = ctx["params"];
  const reader = readerOf(ctx, texts);
  const opened = await reminderSwitch.open(token);
  ctx.set("Cache-Control", "no-store");
  if (!opened) return sendPage(ctx, reader, 404, unknownInvitationPage(reader.translate));
  sendPage(
    ctx,
    reader,
    200,
    reminderSwitchPage(reader.translate, { reminders: opened.reminders, action: `/reminders/${token}`, organisation }),
  );
}
