import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import type { Translate } from "../../src/texts/texts.ts";

export interface RemovePasskeyData {
  /** The browser that it was made in, if known. */
  device: string | undefined;
  /** In words. */
  madeAt: string;
  action: string;
}

export function removePasskeyPage(translate: Translate, { device, madeAt, action }: RemovePasskeyData): Page {
  return {
    title: translate("passkey.remove.title"),
    body: html`<p>${translate("passkey.remove.lead")}</p>
<p class="quiet">${device !== undefined && html`<bdi>${device}</bdi><br>`}${translate("passkey.made", { when: madeAt })}</p>
<form method="post" action="${action}"><button class="primary" type="submit">${translate("passkey.remove.do")}</button></form>`,
  };
}

export function passkeyGonePage(translate: Translate): Page {
  return { title: translate("passkey.gone.title"), body: html`<p>${translate("passkey.gone.lead")}</p>` };
}
