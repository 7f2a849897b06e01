// The whereabouts of the mail with the code, in words: for the page, and for the news while it is open.
import { minute } from "../../src/clock.ts";
import { type Html, html } from "../../src/http/html.ts";
import type { Delivery } from "../../src/passcodes/passcodes.ts";
import type { Translate } from "../../src/texts/texts.ts";
import type { Screen } from "./parts.ts";

/** Times in milliseconds since the epoch. */
export interface DeliveryData {
  delivery: Delivery;
  now: number;
  /** No mail is sent after this. */
  endsAt: number;
  /** Whether Guestpass hears of mails that come back after they were handed over. */
  mailComesBack: boolean;
}

/** With script, the sentence follows the news, and the page continues when another tab has finished. Without it, a link checks for news. */
export function deliveryStatus({ translate, path }: Screen, data: DeliveryData): Html {
  const text = deliveryText(translate, data);
  if (data.delivery.state === "refused") return html`<p class="wrong" id="delivery" role="status">${text}</p>`;
  const following = html`<p id="delivery" role="status" data-news="${path}/delivery">${text}</p>`;
  if (isSettled(data)) return following;
  return html`${following}
<noscript><p><a href="${path}">${translate("delivery.look")}</a></p></noscript>`;
}

const refusals = { address: "delivery.refused", letters: "delivery.letters", other: "delivery.undelivered" } as const;

/** No more news of the mail will come. */
function isSettled({ delivery, mailComesBack }: Pick<DeliveryData, "delivery" | "mailComesBack">): boolean {
  return delivery.state === "refused" || (delivery.state === "handed-over" && !mailComesBack);
}

export function deliveryText(translate: Translate, { delivery, now, endsAt }: Omit<DeliveryData, "mailComesBack">): string {
  if (delivery.state === "refused") return translate(refusals[delivery.because]);
  if (delivery.state !== "delayed") return translate(`delivery.${delivery.state}`);
  const minutes = (until: number) => ({ count: Math.max(1, Math.ceil((until - now) / minute)) });
  return `${translate("delivery.delayed", minutes(delivery.retryAt))} ${translate("delivery.until", minutes(endsAt))}`;
}
