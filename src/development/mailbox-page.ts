// The pages of the development mailbox: a list, a line for each mail, and each mail as the guest sees it, with its text beside it.
import Router from "@koa/router";
import type { Context } from "koa";
import { type Html, html } from "../http/html.ts";
import { type Reader, sendPage } from "../http/page.ts";
import type { DevelopmentMailbox, ReceivedMail } from "./mailbox.ts";
import { mailboxScript, mailboxStyle } from "./mailbox-assets.ts";

export const mailboxPath = "/development/mailbox";
const stylePath = `${mailboxPath}/style.css`;
const scriptPath = `${mailboxPath}/refresh.js`;

/** Shows every mail, including codes, to the developer who runs Guestpass on their own machine. */
export function mailboxRoutes(mailbox: DevelopmentMailbox, reader: Reader, host: string): Router {
  const router = new Router();

  // A page of another site whose name was pointed at this machine must not read codes.
  router.use((ctx, next) => (ctx.req.headers.host === host ? next() : ctx.throw(403)));

  router.get(mailboxPath, (ctx) => {
    const { to } = ctx.query;
    sendPage(ctx, reader, 200, { title: "Development mailbox", wide: true, body: list(mailbox, typeof to === "string" ? to : "") });
  });

  router.get(stylePath, (ctx) => {
    ctx.type = "css";
    ctx.body = mailboxStyle;
  });

  router.get(scriptPath, (ctx) => {
    ctx.type = "js";
    ctx.body = mailboxScript;
  });

  router.get(`${mailboxPath}/:id`, (ctx) => {
    const mail = mailOf(ctx);
    ctx.set("Content-Security-Policy", `${ctx.response.get("content-security-policy")};frame-src 'self'`);
    sendPage(ctx, reader, 200, { title: mail.subject, wide: true, body: single(mail) });
  });

  // A mail is shown as a mail program would show it: no script, nothing fetched, and its links open in the whole window.
  router.get(`${mailboxPath}/:id/html`, (ctx) => {
    const { html: body } = mailOf(ctx);
    ctx.set("X-Frame-Options", "SAMEORIGIN");
    ctx.set(
      "Content-Security-Policy",
      `default-src 'none';style-src 'unsafe-inline';img-src data:;frame-ancestors 'self';sandbox ${allowed}`,
    );
    ctx.type = "html";
    ctx.body = (body ?? ctx.throw(404)).replace("<head>", '<head><base target="_top">');
  });

  function mailOf(ctx: Context): ReceivedMail {
    return mailbox.mails.find(({ id }) => String(id) === ctx["params"].id) ?? ctx.throw(404);
  }

  return router;
}

const allowed = "allow-top-navigation-by-user-activation";

function list(mailbox: DevelopmentMailbox, to: string): Html {
  const mails = mailbox.search(to);
  const none = mailbox.mails.length === 0 ? "No mail yet." : "No mail to such an address.";
  return html`<link rel="stylesheet" href="${stylePath}">
<script type="module" src="${scriptPath}"></script>
<p>Every mail that Guestpass sends arrives here and goes no further. This page exists in development mode only.</p>
<form class="search" method="get" action="${mailboxPath}">
<label for="to">Mail to</label>
<input type="text" id="to" name="to" value="${to}" placeholder="ada@example.com" autocomplete="off" autocapitalize="none" spellcheck="false">
<button>Search</button>
</form>
<noscript><p><a href="${mailboxPath}?${new URLSearchParams({ to }).toString()}">Look again</a></p></noscript>
<div id="mails" aria-live="polite">
${mails.length === 0 ? html`<p><strong>${none}</strong></p>` : html`<ol class="mails">${mails.map(line)}</ol>`}
</div>`;
}

function line({ id, to, subject, code, receivedAt }: ReceivedMail): Html {
  return html`<li>
<a href="${mailboxPath}/${id}">${subject}</a>
${code !== undefined && html`<code class="code">${code}</code>`}
<bdi>${to}</bdi>
<time datetime="${receivedAt.toISOString()}">${readable(receivedAt)}</time>
</li>`;
}

function single({ id, to, from, text, html: asSeen, code, receivedAt }: ReceivedMail): Html {
  return html`<link rel="stylesheet" href="${stylePath}">
<p class="quiet">To <bdi>${to}</bdi>, from <bdi>${from}</bdi>, <time datetime="${receivedAt.toISOString()}">${readable(receivedAt)}</time></p>
${code !== undefined && html`<p>The code is <code class="code">${code}</code></p>`}
<p><a href="${mailboxPath}">All mails</a> · <a href="${mailboxPath}?${new URLSearchParams({ to }).toString()}">Mails to <bdi>${to}</bdi></a></p>
<div class="mail">
${
  asSeen !== undefined &&
  html`<div><h2>As guests see it</h2>
<iframe src="${mailboxPath}/${id}/html" title="The mail as guests see it" sandbox="${allowed}"></iframe></div>`
}
<div><h2>Its text</h2>
<pre>${withLinks(text)}</pre></div>
</div>`;
}

function readable(date: Date): string {
  return date.toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

/** The text of a mail with clickable links. Punctuation that ends a sentence ends a link. */
function withLinks(text: string): Html[] {
  return text
    .split(/(https?:\/\/\S*[^\s.,:;!?)])/)
    .map((part, position) => (position % 2 === 0 ? html`${part}` : html`<a href="${part}">${part}</a>`));
}
