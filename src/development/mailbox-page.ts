import Router from "@koa/router";
import { type Html, html } from "../http/html.ts";
import { type Reader, sendPage } from "../http/page.ts";
import type { DevelopmentMailbox } from "./mailbox.ts";

export const mailboxPath = "/development/mailbox";

/** Shows every mail, codes and all: for the eyes of whoever runs Guestpass on their own machine. */
export function mailboxRoutes(mailbox: DevelopmentMailbox, reader: Reader, host: string): Router {
  const router = new Router();
  router.get(mailboxPath, (ctx) => {
    // A page of another site whose name was pointed at this machine must not read codes.
    if (ctx.req.headers.host !== host) return ctx.throw(403);
    sendPage(ctx, reader, 200, {
      title: "Development mailbox",
      body: html`<p>This page exists in development mode only. Every mail that Guestpass sends arrives here and goes no further.</p>
<p><a href="${mailboxPath}">Look again</a></p>
${mailbox.mails.length === 0 && html`<p><strong>No mail yet.</strong></p>`}
${mailbox.mails.map(
  (mail) => html`<section class="others">
<h2>${mail.subject}</h2>
<p class="quiet">To <bdi>${mail.to}</bdi>, from <bdi>${mail.from}</bdi></p>
<pre>${withLinks(mail.text)}</pre>
</section>`,
)}`,
    });
  });
  return router;
}

/** The text of a mail, with its links to follow. What ends a sentence ends a link. */
function withLinks(text: string): Html[] {
  return text
    .split(/(https?:\/\/\S*[^\s.,:;!?)])/)
    .map((part, position) => (position % 2 === 0 ? html`${part}` : html`<a href="${part}">${part}</a>`));
}
