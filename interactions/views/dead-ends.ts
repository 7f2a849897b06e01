// Screens from which the only way is to start again or to go back.
import { type Html, html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import type { Translate } from "../../src/texts/texts.ts";
import { cancel, form, type Screen } from "./parts.ts";

const startAgain = (screen: Screen) =>
  form(screen, "start-again", html`<button class="primary" type="submit">${screen.translate("start-again")}</button>`);

export function lockedPage(screen: Screen): Page {
  const { translate } = screen;
  return {
    title: translate("locked.title"),
    body: html`<p>${translate("locked.lead")}</p>
${startAgain(screen)}
<div class="others">${cancel(screen)}</div>`,
  };
}

export function notAdmittedPage(screen: Screen): Page {
  const { translate, application } = screen;
  return {
    title: translate("not-admitted.title", { application }),
    body: html`<p>${translate("not-admitted.lead")}</p>
${startAgain(screen)}
<div class="others">${cancel(screen)}</div>`,
  };
}

/** The application that a sign-in was for, and where one begins there. */
export interface WayOn {
  application: string;
  link: string;
}

function toApplication(translate: Translate, { application, link }: WayOn): Html {
  return html`<p><a class="button primary" href="${link}">${translate("to-application", { application })}</a></p>`;
}

/** The interaction no longer exists, or never did. */
export function expiredPage(translate: Translate, way?: WayOn): Page {
  return { title: translate("expired.title"), body: html`<p>${translate("expired.lead")}</p>${way && toApplication(translate, way)}` };
}

export function finishedPage(translate: Translate, way: WayOn): Page {
  return { title: translate("finished.title"), body: html`<p>${translate("finished.lead")}</p>${toApplication(translate, way)}` };
}

/** It is alive in the browser that it was begun in. Script shows the code in the fragment of the mail's link. */
export function elsewherePage(translate: Translate, { application }: WayOn): Page {
  return {
    title: translate("elsewhere.title"),
    scripts: ["elsewhere"],
    body: html`<p>${translate("elsewhere.lead", { application })}</p>
<div id="elsewhere" hidden>
<p class="code" role="status"><span class="hidden">${translate("elsewhere.code")} </span><bdi dir="ltr"></bdi></p>
<button type="button" data-done="${translate("elsewhere.copied")}">${translate("elsewhere.copy")}</button>
</div>
<p class="quiet">${translate("elsewhere.not-you")}</p>`,
  };
}

/** It was begun a moment ago, and the browser has not kept its cookie. */
export function cookiesPage(translate: Translate, way: WayOn): Page {
  return { title: translate("cookies.title"), body: html`<p>${translate("cookies.lead")}</p>${toApplication(translate, way)}` };
}

export function forgedPage(translate: Translate, screen?: Screen): Page {
  return { title: translate("forged.title"), body: html`<p>${translate("forged.lead")}</p>${screen && startAgain(screen)}` };
}
