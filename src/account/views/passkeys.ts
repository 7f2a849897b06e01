import { type Html, html } from "../../http/html.ts";
import { browserName } from "../../mail/browser-name.ts";
import type { Times, Translate } from "../../texts/texts.ts";
import type { OwnPasskey, OwnPasskeys } from "../passkeys.ts";
import { form } from "./parts.ts";

interface View {
  translate: Translate;
  times: Times;
  token: string;
}

/** Nothing where there are none and none can be made. */
export function passkeysOf(view: View, { on, passkeys }: OwnPasskeys): Html | undefined {
  const { translate, token } = view;
  if (!on && passkeys.length === 0) return undefined;
  return html`<p>${translate("account.passkeys.lead")}</p>
${passkeys.map((each) => passkeyOf(view, each))}
${
  on &&
  form(
    token,
    "/account/passkeys/add",
    html`<p class="quiet">${translate("account.passkeys.code")}</p>
<button type="submit">${translate("account.passkeys.add")}</button>`,
  )
}`;
}

function passkeyOf({ translate, times, token }: View, { id, address, device, createdAt, lastUsedAt }: OwnPasskey): Html {
  const known = browserName(device ?? "");
  const name = known ? [known.browser, known.system].filter(Boolean).join(", ") : translate("account.sessions.unknown");
  return html`<h3><bdi>${name}</bdi></h3>
<p class="quiet"><bdi>${address}</bdi><br>
${translate("passkey.made", { when: times.moment(createdAt) })}<br>
${lastUsedAt === null ? translate("account.passkeys.unused") : translate("account.passkeys.used", { when: times.moment(lastUsedAt) })}</p>
${form(
  token,
  "/account/passkeys/remove",
  html`<input type="hidden" name="passkey" value="${id}">
<button class="link" type="submit">${translate("account.passkeys.remove", { browser: name })}</button>`,
)}`;
}
