// The link in the mail about a new passkey removes it. Opening it changes nothing (mail scanners open links); anybody with the link may press
// the button, without a cookie and without a form token.
import Router from "@koa/router";
import type { Context } from "koa";
import { formBody } from "../src/http/forms.ts";
import { networkOf } from "../src/http/network.ts";
import { sendPage } from "../src/http/page.ts";
import { readerOf } from "../src/http/reader.ts";
import type { GuestPasskeys } from "../src/passkeys/passkeys.ts";
import type { Texts } from "../src/texts/texts.ts";
import { passkeyGonePage, removePasskeyPage } from "./views/passkey-removal.ts";

export interface PasskeyRemovalDeps {
  passkeys: GuestPasskeys;
  texts: Texts;
  /** The browser's name by its User-Agent header, if known. */
  deviceName(userAgent: string): string | undefined;
}

export function passkeyRemovalRoutes(deps: PasskeyRemovalDeps): Router {
  const router = new Router();
  router.get("/passkeys/:token", (ctx) => show(ctx, deps));
  router.post("/passkeys/:token", formBody, async (ctx) => {
    const passkey = await deps.passkeys.open(ctx["params"].token ?? "");
    const network = networkOf(ctx.ip);
    if (passkey) await deps.passkeys.remove(passkey.sub, passkey.id, { who: `guest:${passkey.sub}`, channel: "mail", network });
    await show(ctx, deps);
  });
  return router;
}

/** A removed passkey and a link that is not ours look the same. */
async function show(ctx: Context, { passkeys, texts, deviceName }: PasskeyRemovalDeps): Promise<void> {
  const { token = "" } = ctx["params"];
  const { translate, language } = readerOf(ctx, texts);
  const passkey = await passkeys.open(token);
  if (!passkey) return sendPage(ctx, { translate, language }, 200, passkeyGonePage(translate));
  const page = removePasskeyPage(translate, {
    device: deviceName(passkey.device ?? ""),
    madeAt: texts.times(language).moment(passkey.createdAt),
    action: `/passkeys/${token}`,
  });
  sendPage(ctx, { translate, language }, 200, page);
}
