import { type Html, html } from "../../http/html.ts";
import type { Times, Translate } from "../../texts/texts.ts";
import type { OwnUpstream } from "../upstreams.ts";
import { form } from "./parts.ts";

interface View {
  translate: Translate;
  times: Times;
  token: string;
}

/** Nothing where there are none. */
export function upstreamsOf(view: View, accounts: OwnUpstream[]): Html | undefined {
  if (accounts.length === 0) return undefined;
  return html`<p>${view.translate("account.upstreams.lead")}</p>
${accounts.map((each) => accountOf(view, each))}`;
}

function accountOf({ translate, times, token }: View, { id, label, address, createdAt, lastUsedAt }: OwnUpstream): Html {
  return html`<h3><bdi>${label}</bdi></h3>
<p class="quiet"><bdi>${address}</bdi><br>
${translate("account.passkeys.used", { when: times.moment(lastUsedAt ?? createdAt) })}</p>
${form(
  token,
  "/account/upstreams/remove",
  html`<input type="hidden" name="account" value="${id}">
<button class="link" type="submit">${translate("account.upstreams.remove", { provider: label })}</button>`,
)}`;
}
