import type { FileRequest, Item, Share } from "../files.ts";
import type { InvitationState } from "../invitations.ts";
import type { Settings } from "../settings.ts";
import { type Html, html } from "./html.ts";
import type { Page } from "./layout.ts";
import { tryPath } from "./try.ts";

export interface OwnerPageData {
  items: Item[];
  /** By the id of the invitation. */
  states: Map<string, InvitationState>;
  settings: Pick<Settings, "url" | "trial">;
}

export function ownerPage({ items, states, settings: { url, trial } }: OwnerPageData): Page {
  return {
    title: "Your files",
    body: html`<p class="note">You are the owner here. A real application would sign you in with your own directory; this page is open to
whoever uses this computer. Your guests are not in your directory: they are invited, and sign in with Guestpass.</p>
${trial && html`<p class="note">New here? <a href="${tryPath}">What to try</a> takes ten minutes. Invitations and codes arrive in the <a href="${trial.mailbox}">development mailbox</a>.</p>`}
${items.map((item) => shared(item, { states, url, suggestion: trial && "ada@example.com" }))}
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
${messageField("message", "Here is the plan that we talked about.")}
<button class="primary">Share</button>
</form>
</section>
<section>
<h2>Ask for a file</h2>
<form method="post" action="/requests">
<label for="wanted">What you need</label>
<input id="wanted" name="name" required maxlength="100" placeholder="The signed contract" autocomplete="off">
<label for="asked">Ask</label>
<p class="hint" id="asked-hint">Email addresses, one on each line. Only you can open what they send.</p>
<textarea id="asked" name="emails" required rows="2" aria-describedby="asked-hint" placeholder="grace@example.com" autocapitalize="none" spellcheck="false"></textarea>
${messageField("request-message", "Could you send it by Friday?")}
<button class="primary">Ask</button>
</form>
</section>`,
  };
}

function messageField(id: string, example: string): Html {
  return html`<label for="${id}">Message <span class="hint">(optional)</span></label>
<textarea id="${id}" name="message" rows="2" maxlength="2000" placeholder="${example}"></textarea>`;
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
  /** Before anybody was invited: a suggestion whom to try it with. */
  suggestion: string | undefined;
}

function shared(file: Item, { states, url, suggestion }: Surroundings): Html {
  const link = `${url}/files/${file.id}`;
  const field = `email-${file.id}`;
  const nobody = file.shares.length === 0;
  return html`<section>
<h2>${file.name}</h2>
${file.kind === "request" && received(file)}
<p>${nobody ? "Nobody was invited yet. It will be at" : "It opens only for the people below, from their invitation or at"}<br><a href="${link}">${link}</a></p>
${!nobody && html`<ul class="people">${file.shares.map((share) => sharedWith(share, file, states.get(share.invitation)))}</ul>`}
<form method="post" action="/files/${file.id}/people" class="row">
<label for="${field}">${nobody ? "Share with" : "Share with another person"}</label>
<input type="email" id="${field}" name="email" required maxlength="320" autocomplete="off" value="${nobody && suggestion !== undefined ? suggestion : ""}">
<button class="${nobody ? "primary" : ""}">Invite</button>
</form>
</section>`;
}

function received({ id, received: files }: FileRequest): Html {
  if (files.length === 0) return html`<p>You asked for this file. Nothing has arrived yet.</p>`;
  return html`<ul class="people">${files.map(
    ({ name, from }, number) =>
      html`<li><span><a href="/files/${id}/received/${number}"><bdi>${name}</bdi></a><br><span class="hint">from <bdi>${from}</bdi></span></span></li>`,
  )}</ul>`;
}

const meanings: Record<InvitationState, string> = {
  pending: "has not signed in yet",
  redeemed: "has signed in",
  expired: "can no longer be used",
  revoked: "access has ended",
};

/** @param state undefined if Guestpass no longer knows the invitation */
function sharedWith({ email, invitation }: Share, file: Item, state: InvitationState | undefined): Html {
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
