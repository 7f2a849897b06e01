import type { Context } from "koa";
import { type Html, html } from "./html.ts";
import { logoPath } from "./logo.ts";
import { stylePath } from "./style.ts";

export interface Page {
  title: string;
  body: Html;
  /** Who is signed in, for the bar at the top. */
  signedInAs?: string | undefined;
}

export function sendPage(ctx: Context, status: number, page: Page): void {
  ctx.status = status;
  ctx.type = "html";
  ctx.body = layout(page).toString();
}

function layout({ title, body, signedInAs }: Page): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} - File share</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${stylePath}">
</head>
<body>
<header>
<a class="logo" href="/"><img src="${logoPath}" alt="">File share</a>
${signedInAs !== undefined && signedIn(signedInAs)}
</header>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>`;
}

function signedIn(name: string): Html {
  return html`<a href="/you"><bdi>${name}</bdi></a>
<form method="post" action="/sign-out"><button class="small">Sign out</button></form>`;
}
