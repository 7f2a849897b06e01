import type { Person, SharedFile } from "../files.ts";
import { type Html, html } from "./html.ts";
import type { Page } from "./layout.ts";

export interface OwnerPageData {
  files: SharedFile[];
  /** This application's own address, which links begin with. */
  url: string;
  mailbox: string | undefined;
}

export function ownerPage({ files, url, mailbox }: OwnerPageData): Page {
  return {
    title: "Your files",
    body: html`<p class="note">You are the owner here. A real application would sign you in with your own directory; this page is open to
whoever uses this computer. Your guests are not in your directory: they sign in with Guestpass.</p>
${mailbox !== undefined && html`<p class="note">While you try it out, mailed codes arrive in the <a href="${mailbox}">development mailbox</a>.</p>`}
${files.map((file) => sharedFile(file, url))}
<section>
<h2>Share a new file</h2>
<form method="post" action="/files">
<label for="name">Name</label>
<input id="name" name="name" required maxlength="100" placeholder="Notes.txt" autocomplete="off">
<label for="text">Text</label>
<textarea id="text" name="text" required rows="5" maxlength="20000"></textarea>
<label for="emails">Share with</label>
<p class="hint" id="emails-hint">Email addresses, one on each line. Nobody else can open the file.</p>
<textarea id="emails" name="emails" required rows="2" aria-describedby="emails-hint" placeholder="ada@example.com" autocapitalize="none" spellcheck="false"></textarea>
<button class="primary">Share</button>
</form>
</section>`,
  };
}

function sharedFile(file: SharedFile, url: string): Html {
  const link = `${url}/files/${file.id}`;
  const field = `email-${file.id}`;
  return html`<section>
<h2>${file.name}</h2>
<p>Send this link. It opens only for the people below:<br><a href="${link}">${link}</a></p>
<ul class="people">${file.people.map((person) => sharedWith(person, file))}</ul>
<form method="post" action="/files/${file.id}/people" class="row">
<label for="${field}">Share with another person</label>
<input type="email" id="${field}" name="email" required maxlength="320" autocomplete="off">
<button>Add</button>
</form>
</section>`;
}

function sharedWith({ email, sub }: Person, file: SharedFile): Html {
  return html`<li>
<span><bdi>${email}</bdi> <span class="hint">${sub === undefined ? "has not opened it yet" : "has opened it"}</span></span>
<form method="post" action="/files/${file.id}/people/remove">
<input type="hidden" name="email" value="${email}">
<button class="small" aria-label="Stop sharing ${file.name} with ${email}">Stop sharing</button>
</form>
</li>`;
}
