import { type Guest, longestName } from "../../guests/guest.ts";
import { type Html, html, withAddress } from "../../http/html.ts";
import { nameOf as nameOfLanguage, type Page } from "../../http/page.ts";
import { findLanguage, type Times, type Translate } from "../../texts/texts.ts";
import type { Overview, OwnAddress, OwnSession, Place } from "../overview.ts";
import type { OwnPasskeys } from "../passkeys.ts";
import type { OwnUpstream } from "../upstreams.ts";
import type { Visit } from "../visit.ts";
import { form, whomToAsk } from "./parts.ts";
import { passkeysOf } from "./passkeys.ts";
import { upstreamsOf } from "./upstreams.ts";

/** The data that every part of the page needs. */
interface View {
  translate: Translate;
  language: string;
  times: Times;
  token: string;
  organisation: string;
}

/** Kinds of mail that have a name of their own. */
const mailKinds = ["passcode", "invitation", "reverification-reminder"] as const;
/** What was just done, as the address of the page says. */
const acts = ["ended", "added", "main", "removed", "saved", "left", "stayed", "passkey-removed", "upstream-removed"] as const;

export function overviewPage(
  { guest, reader, times, token }: Visit,
  { places, addresses, sessions, signIns, mails, passkeys, upstreams }: Overview & { passkeys: OwnPasskeys; upstreams: OwnUpstream[] },
  shown: {
    organisation: string;
    support: string | undefined;
    languages: string[];
    addressChanges: boolean;
    done?: string;
    wrongName?: string;
  },
): Page {
  const { organisation, languages, done, wrongName } = shown;
  const { translate, language } = reader;
  const view = { translate, language, times, token, organisation };
  const act = acts.find((each) => each === done);
  const ownPasskeys = passkeysOf(view, passkeys);
  const ownUpstreams = upstreamsOf(view, upstreams);
  const said = act && translate(`account.done.${act}`);
  return {
    title: translate("account.title"),
    invalid: wrongName !== undefined,
    body: html`${said !== undefined && html`<p class="note" role="status">${said}</p>`}
<p>${translate("account.lead", { organisation })}</p>
${part("places", translate("account.places.title"), places.length === 0 ? html`<p>${translate("account.places.none")}</p>` : places.map((each) => placeOf(view, each)))}
${part(
  "addresses",
  translate("account.addresses.title"),
  html`${addresses.map((each) => addressOf(view, each))}
${shown.addressChanges ? html`<p><a class="button" href="/account/addresses">${translate("account.new.title")}</a></p>` : whomToAsk(translate, shown)}`,
)}
${ownPasskeys && part("passkeys", translate("account.passkeys.title"), ownPasskeys)}
${ownUpstreams && part("upstreams", translate("account.upstreams.title"), ownUpstreams)}
${part("sessions", translate("account.sessions.title"), sessionsOf(view, sessions))}
${part(
  "known",
  translate("account.known.title"),
  html`${knownForm(view, guest, languages, wrongName)}
<p class="quiet">${translate("account.known.since")}: ${times.moment(guest.createdAt)}</p>
${form(
  token,
  "/account/download",
  html`<p class="quiet">${translate("account.known.fresh")}</p>
<button type="submit">${translate("account.known.download")}</button>`,
)}`,
)}
${part("history", translate("account.history.title"), historyOf(view, signIns, mails))}
${part("leave", translate("account.leave.title"), leaveAll(view, guest))}`,
  };
}

function part(id: string, title: string, body: Html | Html[]): Html {
  return html`<section class="others" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>`;
}

function placeOf({ translate, language, times }: View, { clientId, name, sponsors, until, lastVisit, open }: Place): Html {
  const by = new Intl.ListFormat(language).format(sponsors);
  return html`<h3><bdi>${name}</bdi></h3>
<p class="quiet">${sponsors.length > 0 && html`${translate("account.places.by", { sponsors: by })}<br>`}
${until === null ? translate("account.places.open-ended") : translate("account.places.until", { until: times.moment(until) })}
${lastVisit !== undefined && html`<br>${translate("account.places.last", { when: times.moment(lastVisit) })}`}</p>
<p><a class="button" href="${open}">${translate("account.places.open", { application: name })}</a></p>
<p><a href="/account/leave/${encodeURIComponent(clientId)}">${translate("account.places.leave", { application: name })}</a></p>`;
}

function addressOf(view: View, { address, primary, verifiedAt, next }: OwnAddress): Html {
  const { translate, times, token } = view;
  return html`<h3 class="address"><bdi>${address}</bdi></h3>
<p class="quiet">${primary && html`${translate("account.addresses.main")}<br>`}
${verifiedAt === null ? translate("account.addresses.never") : translate("account.addresses.proven", { when: times.moment(verifiedAt) })}
${next && html`<br>${dueOf(view, next)}`}</p>
${form(
  token,
  "/account/confirm",
  html`<input type="hidden" name="address" value="${address}">
<button class="link" type="submit">${withAddress(translate("account.addresses.confirm", { address }), address)}</button>`,
)}`;
}

/** When, and by which rule. */
function dueOf({ translate, times, organisation }: View, { deadline, application }: NonNullable<OwnAddress["next"]>): string {
  const when = times.moment(deadline.at);
  if (deadline.end) return translate("account.addresses.ends", { when });
  const { days } = deadline.rule;
  const values = { organisation: application ?? organisation };
  const why = Number.isInteger(days)
    ? translate("confirm.why", { ...values, count: days })
    : translate("confirm.hours", { ...values, count: Math.max(1, Math.round(days * 24)) });
  return `${translate("account.addresses.due", { when })} ${why}`;
}

function sessionsOf(view: View, sessions: OwnSession[]): Html {
  const { translate, token } = view;
  return html`${sessions.map((each) => sessionOf(view, each))}
${sessions.length > 1 && form(token, "/account/sessions/end-others", html`<button type="submit">${translate("account.sessions.end-others")}</button>`)}`;
}

function sessionOf({ translate, language, times, token }: View, { uid, here, browser, since, applications }: OwnSession): Html {
  const name = browser ? nameOf(translate, browser.browser, browser.system) : translate("account.sessions.unknown");
  return html`<h3><bdi>${name}</bdi></h3>
<p class="quiet">${here && html`${translate("account.sessions.here")}<br>`}
${translate("account.sessions.since", { when: times.moment(since) })}
${applications.length > 0 && html`<br>${translate("account.sessions.at", { applications: new Intl.ListFormat(language).format(applications) })}`}</p>
${
  here
    ? html`<p><a href="/session/end">${translate("account.sessions.end-here")}</a></p>`
    : form(
        token,
        "/account/sessions/end",
        html`<input type="hidden" name="session" value="${uid}">
<button class="link" type="submit">${translate("account.sessions.end", { browser: name })}</button>`,
      )
}`;
}

function nameOf(translate: Translate, browser: string, system: string | undefined): string {
  return system === undefined ? browser : translate("mail.browser", { browser, system });
}

function historyOf({ translate, times }: View, signIns: Overview["signIns"], mails: Overview["mails"]): Html {
  return html`<p class="quiet">${translate("account.history.kept")}</p>
<h3>${translate("account.history.sign-ins")}</h3>
<ul>${signIns.map(({ at, application }) => html`<li>${times.moment(at)}: <bdi>${application}</bdi></li>`)}</ul>
<h3>${translate("account.history.mails")}</h3>
<ul>${mails.map(({ at, kind, recipient }) => html`<li>${times.moment(at)}: ${translate(`account.mail.${mailKinds.find((each) => each === kind) ?? "other"}`)} (<bdi>${recipient}</bdi>)</li>`)}</ul>`;
}

function knownForm({ translate, token }: View, { name, locale }: Guest, languages: string[], wrongName: string | undefined): Html {
  const known = findLanguage(languages, locale === null ? [] : [locale]);
  return form(
    token,
    "/account/known",
    html`<label for="name">${translate("account.known.name")}</label>
<p class="quiet" id="name-hint">${translate("account.known.name-hint")}</p>
${wrongName !== undefined && html`<p class="wrong" id="name-problem" role="alert">${translate("account.known.wrong")}</p>`}
<input type="text" id="name" name="name" value="${wrongName ?? name ?? ""}" autocomplete="name" maxlength="${longestName}" dir="auto"
 aria-describedby="${wrongName !== undefined && "name-problem "}name-hint"${wrongName !== undefined && html` aria-invalid="true" autofocus`}>
<label for="language">${translate("account.known.language")}</label>
<p class="quiet" id="language-hint">${translate("account.known.language-hint")}</p>
<select id="language" name="language" aria-describedby="language-hint">
${known === undefined && html`<option value="" selected>${translate("account.known.none")}</option>`}
${languages.map((each) => html`<option value="${each}" lang="${each}"${each === known && html` selected`}>${nameOfLanguage(each)}</option>`)}
</select>
<p><button type="submit">${translate("account.known.save")}</button></p>`,
  );
}

function leaveAll({ translate, times, token, organisation }: View, { erasureAskedAt, erasureDeclined: declined }: Guest): Html {
  if (erasureAskedAt === null)
    return html`${
      declined &&
      html`<div class="note"><p>${translate("account.leave.declined", { when: times.moment(declined.at), organisation })}</p>
<blockquote dir="auto">${declined.why}</blockquote></div>`
    }
<p class="quiet">${translate("account.leave.all.lead", { organisation })}</p>
<p><a class="button" href="/account/leave">${translate("account.leave.all.title")}</a></p>`;
  return html`<p class="note">${translate("account.leave.asked", { when: times.moment(erasureAskedAt), organisation })}</p>
${form(token, "/account/stay", html`<button type="submit">${translate("account.leave.take-back")}</button>`)}`;
}
