import type { Share, SharedFile } from "../files.ts";
import type { InvitationState } from "../invitations.ts";
import type { Settings } from "../settings.ts";
import { type Html, html } from "./html.ts";
import type { Page } from "./layout.ts";

export interface OwnerPageData {
  files: SharedFile[];
  /** By the id of the invitation. */
  states: Map<string, InvitationState>;
  settings: Pick<Settings, "url" | "mailbox">;
}

export function ownerPage({ files, states, settings: { url, mailbox } }: OwnerPageData): Page {
  return {
    title: "Your files",
    body: html`<p class="note">You are the owner here. A real application would sign you in with your own directory; this page is open to
whoever uses this computer. Your guests are not in your directory: they are invited, and sign in with Guestpass.</p>
${mailbox !== undefined && html`<p class="note">While you try it out, invitations and codes arrive in the <a href="${mailbox}">development mailbox</a>.</p>`}
${files.map((file) => sharedFile(file, { states, url, suggestion: mailbox === undefined ? undefined : "ada@example.com" }))}
<section>
<h2>Share a new file</h2>
<form method="post" action="/files">
<label for="name">Name</label>
<input id="name" name="name" required maxlength="100" placeholder="Notes.txt" autocomplete="off">
<label for="text">Text</label>
<textarea id="text" name="text" required rows="5" maxlength="20000"></textarea>
<label for="emails">Share with</label>
<p class="hint" id="emails-hint">Email addresses, one on each line. Each person is invited by mail; nobody else can open the file.</p>
<textarea id="emails" name="emails" required rows="2" aria-describedby="emails-hint" placeholder="ada@example.com" autocapitalize="none" spellcheck="false"></textarea>
<button class="primary">Share</button>
</form>
</section>`,
  };
}

export interface Refusal {
  email: string;
  /** In Guestpass's words. */
  reason: string;
}

export function refusedPage(refusals: Refusal[]): Page {
  return {
    title: "Not everybody was invited",
    body: html`<p>This is what Guestpass says:</p>
<dl>${refusals.map(({ email, reason }) => html`<div><dt><bdi>${email}</bdi></dt><dd>${reason}</dd></div>`)}</dl>
<p class="after"><a class="button primary" href="/">Back to your files</a></p>`,
  };
}

interface Surroundings {
  states: OwnerPageData["states"];
  url: string;
  /** While nobody was invited yet: whom one could try it with. */
  suggestion: string | undefined;
}

function sharedFile(file: SharedFile, { states, url, suggestion }: Surroundings): Html {
  const link = `${url}/files/${file.id}`;
  const field = `email-${file.id}`;
  const nobody = file.shares.length === 0;
  return html`<section>
<h2>${file.name}</h2>
<p>${nobody ? "Nobody was invited yet. It will be at" : "It opens only for the people below, from their invitation or at"}<br><a href="${link}">${link}</a></p>
${!nobody && html`<ul class="people">${file.shares.map((share) => sharedWith(share, file, states.get(share.invitation)))}</ul>`}
<form method="post" action="/files/${file.id}/people" class="row">
<label for="${field}">${nobody ? "Share with" : "Share with another person"}</label>
<input type="email" id="${field}" name="email" required maxlength="320" autocomplete="off" value="${nobody && suggestion !== undefined ? suggestion : ""}">
<button class="${nobody ? "primary" : ""}">Invite</button>
</form>
</section>`;
}

const meanings: Record<InvitationState, string> = {
  pending: "has not signed in yet",
  redeemed: "has signed in",
  expired: "can no longer be used",
  revoked: "access has ended",
};

/** @param state undefined where Guestpass does not know the invitation any more */
function sharedWith({ email, invitation }: Share, file: SharedFile, state: InvitationState | undefined): Html {
  const path = `/files/${file.id}/invitations/${invitation}`;
  const about = `${email}, ${file.name}`;
  const live = state === "pending" || state === "redeemed";
  return html`<li>
<span><bdi>${email}</bdi><br><span class="hint"><strong>${state ?? "gone"}</strong>: ${state ? meanings[state] : "the guest was erased"}</span></span>
<span class="actions">
${state === "pending" && html`<form method="post" action="${path}/resend"><button class="small" aria-label="Send again: ${about}">Send again</button></form>`}
${live && html`<form method="post" action="${path}/revoke"><button class="small" aria-label="Revoke: ${about}">Revoke</button></form>`}
${!live && state && html`<form method="post" action="/files/${file.id}/people"><input type="hidden" name="email" value="${email}"><button class="small" aria-label="Invite again: ${about}">Invite again</button></form>`}
</span>
</li>`;
}
