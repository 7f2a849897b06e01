// The configured mail providers that may send reports.
import type { Clock } from "../../clock.ts";
import type { Config } from "../../configuration/config.ts";
import type { Provider } from "./event.ts";
import { mailgun } from "./mailgun.ts";
import { postmark } from "./postmark.ts";
import { sendgrid } from "./sendgrid.ts";
import { type FetchText, ses } from "./ses.ts";

export function configuredProviders({ bounces }: Pick<Config, "bounces">, fetchText: FetchText, clock: Clock): Provider[] {
  return [
    ...(bounces.sesTopics ? [ses(bounces.sesTopics, fetchText)] : []),
    ...(bounces.postmarkWebhook ? [postmark(bounces.postmarkWebhook, bounces.postmarkNetworks ?? [])] : []),
    ...(bounces.sendgridWebhookKey ? [sendgrid(bounces.sendgridWebhookKey)] : []),
    ...(bounces.mailgunWebhookKey ? [mailgun(bounces.mailgunWebhookKey, clock)] : []),
  ];
}
