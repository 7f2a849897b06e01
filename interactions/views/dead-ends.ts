// Screens from which the only way is to start again or to go back.
import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import type { Translate } from "../../src/texts.ts";
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

export function usedPage(screen: Screen): Page {
  const { translate, path } = screen;
  return {
    title: translate("used.title"),
    body: html`<p>${translate("used.lead")}</p>
<p><a class="button primary" href="${path}">${translate("used.continue")}</a></p>
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

/** There is no interaction: it ended, or this browser does not have its cookie. */
export function expiredPage(translate: Translate): Page {
  return {
    title: translate("expired.title"),
    body: html`<p>${translate("expired.lead")}</p>
<p>${translate("expired.mail-link")}</p>
<p class="quiet">${translate("expired.cookies")}</p>`,
  };
}

export function forgedPage(translate: Translate): Page {
  return { title: translate("forged.title"), body: html`<p>${translate("forged.lead")}</p>` };
}
