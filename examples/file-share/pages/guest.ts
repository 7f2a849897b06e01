import type { FileRequest, SharedFile } from "../files.ts";
import type { Guest } from "../sign-in.ts";
import { type Html, html } from "./html.ts";
import type { Page } from "./layout.ts";

export function filePage(file: SharedFile, guest: Guest): Page {
  return {
    title: file.name,
    signedInAs: nameOf(guest),
    body: html`<p>Only people named by the owner can open this file.</p>
<pre>${file.text}</pre>
<p><a class="button primary" href="/files/${file.id}/download">Download</a></p>`,
  };
}

export function requestPage(request: FileRequest, guest: Guest): Page {
  return {
    title: request.name,
    signedInAs: nameOf(guest),
    body: html`<p>You are asked for this file. Only the person who asked can open what you send.</p>
<section>
<form method="post" action="/files/${request.id}/upload" enctype="multipart/form-data">
<label for="file">Your file</label>
<p class="hint" id="file-hint">1 MB at the most.</p>
<input type="file" id="file" name="file" required aria-describedby="file-hint">
<button class="primary">Send</button>
</form>
</section>`,
  };
}

export function sentPage({ id, name }: FileRequest, sent: string, guest: Guest): Page {
  return {
    title: "Thank you",
    signedInAs: nameOf(guest),
    body: html`<p><strong><bdi>${sent}</bdi></strong> has arrived for <strong><bdi>${name}</bdi></strong>.</p>
<p><a class="button" href="/files/${id}">Send another file</a></p>`,
  };
}

/** The same page whether the file does not exist or is somebody else's. */
export function notSharedPage(path: string, guest: Guest): Page {
  return {
    title: "This file is not shared with you",
    signedInAs: nameOf(guest),
    body: html`<p>You are signed in as <strong><bdi>${nameOf(guest)}</bdi></strong>. The file was shared with somebody else, or it is shared with you no more.</p>
<p>Perhaps you have another address that it was shared with. If not, ask the person who sent you the link.</p>
<form method="post" action="${path}/sign-in"><button class="primary">Sign in with another address</button></form>`,
  };
}

/** What a developer wants to see: everything this application was told. */
export function claimsPage({ idTokenClaims, userInfo, ...guest }: Guest): Page {
  return {
    title: "What this application knows about you",
    signedInAs: nameOf(guest),
    body: html`<p>Guestpass told it this when you signed in, and nothing else.</p>
<h2>From the ID token</h2>
${claims(idTokenClaims)}
<h2>From the userinfo endpoint</h2>
${claims(userInfo)}`,
  };
}

function claims(all: object): Html {
  return html`<dl>${Object.entries(all).map(([name, value]) => html`<div><dt>${name}</dt><dd>${readable(name, value)}</dd></div>`)}</dl>`;
}

/** Times are seconds since the epoch (OpenID Connect Core 1.0, section 2). */
function readable(name: string, value: unknown): string {
  const times = ["auth_time", "exp", "iat", "nbf", "session_expiry", "updated_at"];
  if (times.includes(name) && typeof value === "number") return `${value} (${new Date(value * 1000).toUTCString()})`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function nameOf({ verifiedEmail, sub }: Pick<Guest, "verifiedEmail" | "sub">): string {
  return verifiedEmail ?? sub;
}
