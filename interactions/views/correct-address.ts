import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { deliveryStatus } from "./delivery.ts";
import { emailForm } from "./enter-email.ts";
import { codeForm, type EnterPasscodeData, passkeyScript } from "./enter-passcode.ts";
import { cancel, emphasised, type Screen } from "./parts.ts";

/**
 * The mail was refused: the address is most likely wrong, so it comes first. A code of an earlier mail still works.
 * @param address for the field: "" where it is masked
 */
export function correctAddressPage(screen: Screen, data: EnterPasscodeData, address: string): Page {
  const { translate } = screen;
  return {
    title: translate("correct.title"),
    scripts: ["fillCode", ...passkeyScript(data)],
    body: html`<p class="address">${emphasised(data.address, data.address)}</p>
${deliveryStatus(screen, data)}
${emailForm(screen, { address, asked: true })}
<details class="help">
<summary>${translate("enter-email.have-code")}</summary>
${codeForm(screen, data, { leads: false })}
</details>
<div class="others">${cancel(screen)}</div>`,
  };
}
