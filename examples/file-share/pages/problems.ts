// Pages for everything that can go wrong, in plain words and with a next step.
import { html } from "./html.ts";
import type { Page } from "./layout.ts";

/** @param returnTo one of our own paths */
export function declinedPage(returnTo: string): Page {
  return {
    title: "You did not sign in",
    body: html`<p>The file opens only for the people it was shared with, so it has to know who you are.</p>
<p><a class="button primary" href="${returnTo}">Sign in after all</a></p>`,
  };
}

export const staleSignInPage: Page = {
  title: "This sign-in is over",
  body: html`<p>It took too long, was finished already, or was begun in another browser. Open the link that you were sent once more.</p>`,
};

export const foreignLinkPage: Page = {
  title: "This link does not lead here",
  body: html`<p>It is not one that we sent. Open the link in your invitation once more.</p>`,
};

/** @param returnTo one of our own paths */
export function failedSignInPage(returnTo: string): Page {
  return {
    title: "Signing in did not work",
    body: html`<p>What the service that signs you in answered cannot be used. It is not your fault.</p>
<p><a class="button primary" href="${returnTo}">Try again</a></p>`,
  };
}

export const providerUnavailablePage: Page = {
  title: "Signing in does not work at the moment",
  body: html`<p>The service that invites guests and signs them in does not answer. The files are safe: try again in a few minutes.</p>`,
};

export const signedOutPage: Page = {
  title: "You are signed out",
  body: html`<p>To open a file again, follow the link that you were sent.</p>`,
};

export function problemPage(status: number): Page {
  const known: Record<number, Page> = {
    403: { title: "This form cannot be used", body: html`<p>It did not come from this site. Open the page again and retry.</p>` },
    404: { title: "There is nothing here", body: html`<p>Check the link that you were sent.</p>` },
    413: { title: "That is too large", body: html`<p>A text can have 20,000 characters, and a file 1 MB. Go back and shorten it.</p>` },
    421: { title: "There is nothing here", body: html`<p>This site answers under its own name only.</p>` },
    422: { title: "Something is missing", body: html`<p>Go back and fill in every field. People are named by email addresses.</p>` },
  };
  return known[status] ?? { title: "Something went wrong", body: html`<p>It is not your fault. Try again in a moment.</p>` };
}
