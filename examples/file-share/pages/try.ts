// A tour for people who try Guestpass out on their own machine.
import type { Trial } from "../settings.ts";
import { html } from "./html.ts";
import type { Page } from "./layout.ts";

export const tryPath = "/try";

/** @param daysPassed how many days the clock was moved on */
export function tryPage({ mailbox }: Trial, daysPassed: number): Page {
  const box = html`<a href="${mailbox}">development mailbox</a>`;
  return {
    title: "What to try",
    body: html`<p>You play both parts: the owner, who shares files on <a href="/">Your files</a>, and the guests, who read their mail in the ${box}.</p>
<ol class="steps">
<li><h2>Share a file</h2>
<p>On <a href="/">Your files</a>, share a new file with <code>ada@example.com</code>, and add a message. She gets it in her invitation, as your words.</p></li>
<li><h2>Be the guest</h2>
<p>Open the invitation in the ${box} and follow its link. Ask for a code, type the one that arrives, and tick <em>Keep me signed in on this device</em>. The page has the logo and the colour of this
application. Ada agrees once that it learns who she is, and the file opens.</p></li>
<li><h2>See what an application learns</h2>
<p><a href="/you">What this application knows about you</a> shows every claim. Nothing else was told.</p></li>
<li><h2>Be the same person with another address</h2>
<p>In a second terminal, give Ada another address:</p>
<pre><code>npm run guestpass -- alias add ada@example.com countess@example.org</code></pre>
<p>Sign out, open the file again, and sign in as <code>countess@example.org</code>. The code arrives in her first mailbox, and <a href="/you"><code>sub</code></a> is the same as before.</p></li>
<li><h2>Prove the mailbox again</h2>
<p>Guests of this application prove their mailbox every 14 days.${daysPassed > 0 && html` The clock is <strong>${daysPassed} days ahead</strong> now, until you start again.`}</p>
<form method="post" action="${tryPath}/later"><button class="primary">Let 14 days pass</button></form>
<p class="after">Then open the file as Ada: she is asked for a new code before the file opens.</p></li>
<li><h2>Ask for a file</h2>
<p>Sharing goes both ways. On <a href="/">Your files</a>, ask <code>grace@example.com</code> for a file. Follow her invitation in a private window, send something, and find it on your page.</p></li>
<li><h2>Take access away</h2>
<p>Press <em>Revoke</em> beside a guest. Their next click no longer opens the file: Guestpass has told this application that their session is over.</p></li>
<li><h2>Read the trail</h2>
<p>Everything above was recorded:</p>
<pre><code>npm run guestpass -- audit list</code></pre></li>
</ol>`,
  };
}
